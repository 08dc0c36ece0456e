// What stands beside a backup, in `FILE.manifest`: which database at which moment, and a checksum
// that `sha256sum -c` reads as well. The line of the audit head is an anchor for `audit --verify`.
//
//     # iauth 0.1.0 backup 2026-03-02T09:00:00Z
//     # iauth-audit/1 SEQ HASH
//     # rows: account 12, agency 8660, …
//     SHA256  NAME

import Sheets
import Values

package struct Manifest: Equatable, Sendable {
  package let version: String
  package let at: Timestamp
  package let proof: AuditProof
  package let rows: [TableCount]
  package let digest: [UInt8]

  package struct TableCount: Equatable, Sendable {
    package let table: String
    package let rows: Int64
  }

  func text(name: String) -> String {
    let counts = rows.map { "\($0.table) \($0.rows)" }.joined(separator: ", ")
    let (escaped, isEscaped) = Self.escaped(name)
    return """
      # iauth \(version) backup \(at.rfc3339)
      # \(proof.anchor)
      # rows: \(counts)
      \(isEscaped ? "\\" : "")\(Hex.encode(digest))  \(escaped)

      """
  }

  /// A file name as sha256sum(1) writes it.
  private static func escaped(_ name: String) -> (String, Bool) {
    var bytes: [UInt8] = []
    for byte in name.utf8 {
      switch byte {
      case UInt8(ascii: "\\"): bytes += Array("\\\\".utf8)
      case UInt8(ascii: "\n"): bytes += Array("\\n".utf8)
      case UInt8(ascii: "\r"): bytes += Array("\\r".utf8)
      default: bytes.append(byte)
      }
    }
    return (String(decoding: bytes, as: UTF8.self), bytes.count != name.utf8.count)
  }

  /// The checksum in a manifest; nil if there is none.
  static func digest(in text: [UInt8]) -> [UInt8]? {
    for line in text.split(separator: UInt8(ascii: "\n")) where line.first != UInt8(ascii: "#") {
      let word = line.drop { $0 == UInt8(ascii: "\\") }.prefix(64)
      if let digest = Hex.decode(String(decoding: word, as: UTF8.self)), digest.count == 32 {
        return digest
      }
    }
    return nil
  }
}

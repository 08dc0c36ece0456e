// CRC-32 as ZIP uses it (ISO 3309, reflected polynomial 0xEDB88320), for reading and writing
// workbooks.

import Values

package struct CRC32 {
  private var register: UInt32 = 0xFFFF_FFFF

  /// The checksum of all bytes so far.
  package var value: UInt32 { ~register }

  package mutating func update(_ bytes: some Sequence<UInt8>) {
    var register = register
    for byte in bytes {
      register = Self.table[Int(UInt8(truncatingIfNeeded: register) ^ byte)] ^ register >> 8
    }
    self.register = register
  }

  private static let table: [UInt32] = (0..<256).map { byte in
    var value = UInt32(byte)
    for _ in 0..<8 { value = value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1 }
    return value
  }
}

// Which person a process or a connection stands for (PRODUCT 3.2): one person is one caller, with all
// the numbers that newuidmap(1) gives them, and all the addresses of their network.

import Glibc
import IAuthCore
import Sheets
import Values

enum Person {
  /// The user that a number is of: itself, or, if no user has it, the owner of the range of
  /// subordinate numbers (subuid(5)) that it is in.
  static func behind(_ uid: UInt32, ranges: String = "/etc/subuid") -> UInt32 {
    guard let owner = owner(of: uid, in: ranges), unsafe getpwuid(uid) == nil else { return uid }
    if let number = UInt32(owner), !owner.utf8.starts(with: "+".utf8) { return number }
    guard let user = unsafe getpwnam(owner) else { return uid }
    return unsafe user.pointee.pw_uid
  }

  /// The caller of the user that a word names, `ming`, `uid:ming` or `uid:1000`; nil if there is none.
  static func caller(named word: String) -> String? {
    let isUID = word.utf8.starts(with: "uid:".utf8)
    let name = isUID ? String(Substring(word.utf8.dropFirst(4))) : word
    if isUID, let uid = UInt32(name) { return unsafe getpwuid(uid) == nil ? nil : "uid:\(uid)" }
    guard let user = unsafe getpwnam(name) else { return nil }
    return unsafe "uid:\(user.pointee.pw_uid)"
  }

  private static func owner(of uid: UInt32, in path: String) -> String? {
    guard let bytes = try? Files.read(path, max: 1 << 24) else { return nil }
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        .map { String(decoding: $0, as: UTF8.self) }
      guard fields.count == 3, let first = UInt64(fields[1]), let count = UInt64(fields[2]),
        UInt64(uid) >= first, UInt64(uid) - first < count
      else { continue }
      return fields[0]
    }
    return nil
  }

  /// A network, as sshd writes its address: of IPv6 the /64, which is one customer's; IPv4 in IPv6 as
  /// itself.
  ///
  /// What is no address stays as it is.
  static func behind(address text: String) -> String {
    let plain = String(text.prefix { $0 != "%" })
    var bytes = [UInt8](repeating: 0, count: 16)
    let isParsed = unsafe bytes.withUnsafeMutableBytes { buffer in
      unsafe inet_pton(AF_INET6, plain, buffer.baseAddress) == 1
    }
    guard isParsed else { return text }
    if bytes[..<12].elementsEqual([UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]) {
      return bytes[12...].map { String($0) }.joined(separator: ".")
    }
    let groups = stride(from: 0, to: 8, by: 2).map { place in
      String(UInt16(bytes[place]) << 8 | UInt16(bytes[place + 1]), radix: 16)
    }
    return groups.joined(separator: ":") + "::/64"
  }
}

// One person is one caller (PRODUCT 3.2): with all subordinate numbers of /etc/subuid, and with all
// addresses of their network.

import Foundation
import Testing

@testable import iauth

@Suite struct PersonTests {
  @Test(arguments: [
    (UInt32(700_000), UInt32(1)), (765_535, 1), (765_536, 765_536), (699_999, 699_999),
    (800_005, 4_000_123), (900_000, 900_000), (0, 0), (2, 2),
  ])
  func aSubordinateNumberIsItsOwners(uid: UInt32, person: UInt32) throws {
    let path = NSTemporaryDirectory() + "iauth-subuid-" + UUID().uuidString
    // The last line has users of their own in its range, who stay themselves.
    let text = """
      daemon:700000:65536
      nonsense
      4000123:800000:10
      nobody-has-this-name:900000:10
      daemon:0:100

      """
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(Person.behind(uid, ranges: path) == person)
    #expect(Person.behind(uid, ranges: path + ".missing") == uid)
  }

  @Test(arguments: [
    ("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"),
    ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("2001:DB8:1:2::9", "2001:db8:1:2::/64"),
    ("2001:db8:1:3::9", "2001:db8:1:3::/64"), ("fe80::1%eth0", "fe80:0:0:0::/64"),
    ("::1", "0:0:0:0::/64"), ("UNKNOWN", "UNKNOWN"),
  ])
  func anAddressIsItsNetworks(address: String, network: String) {
    #expect(Person.behind(address: address) == network)
  }
}

// What happens between a request and its approval can stand in the way of it (PRODUCT 3.4).

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct ObstacleTests {
  @Test func generalIsNotGrantedBesideAnAdminPermission() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    _ = try desk.administrator(.li, approvedBy: chief)
    let lin = try desk.opened(.lin)
    let general = try lin.ask(.general)
    #expect(try chief.approve(try lin.ask(.admin)) == nil)
    let li = try desk.signedIn(.li)
    // The other grant has made it pointless.
    #expect(try li.approve(general) == .requestDecided)
    #expect(try desk.texts("SELECT status FROM request WHERE id = ?", general) == ["superseded"])
    #expect(try desk.number("SELECT count(*) FROM permission WHERE role = 'general'") == 0)
  }
}

// Whose data a caller could have read (PRODUCT 11.6): administrators are listed to whoever is signed in.

import SQLite
import Testing

@testable import IAuthCore
@testable import Values

@Suite struct AffectedTests {
  @Test func whoIsSignedInMayLookUpAdministrators() throws {
    let (desk, _, _, lin) = try Desk.office()
    try desk.opened(.liu)
    _ = try desk.owner().importBatch(Sheet([.tsai]).order)
    func affected(_ caller: String?) throws -> [String: AffectedLine] {
      let lines = try desk.owner().affected(
        since: desk.clock.now - .days(1), until: desk.clock.now + .days(1), caller: caller)
      return Dictionary(uniqueKeysWithValues: lines.map { ($0.name, $0) })
    }
    let listed = try lin.administrators(agency: Office.cdc, system: nil)
    #expect(listed.map(\.email) == [Person.li.email])
    let seen = try affected(Person.lin.caller)
    #expect(Set(seen.keys) == [Person.lin.name, Person.li.name, Person.chen.name])
    #expect(seen[Person.li.name]?.exposures == [.list])
    #expect(seen[Person.li.name]?.others == [Person.lin.caller])
    #expect(seen[Person.lin.name]?.exposures == [.own])
    // Of everybody together it is all who were signed in, and with the same answer for each.
    let all = try affected(nil)
    #expect(try #require(all[Person.li.name]).exposures.contains(.list))
    let callers = Set(all.values.flatMap { $0.callers + $0.others })
    #expect(callers.contains(Person.liu.caller))
    for caller in callers {
      let theirs = try affected(caller)
      for (name, line) in all {
        #expect((line.callers + line.others).contains(caller) == (theirs[name] != nil), "\(caller)")
      }
    }
  }

  @Test func aCallerIsNamedInAnyForm() throws {
    let (desk, _, _, _) = try Desk.office()
    try desk.owner().enrolKey(
      "kk", account: try desk.id("SELECT id FROM account WHERE name = '李小明'"))
    var world = desk.world("uid:0", isOperator: true)
    world.callerOfUser = { ["li": "uid:li", "nobody": "uid:65534", "kk": "uid:7"][$0] }
    let owner = Service(store: try Store(path: desk.path, world: world, settings: desk.settings))
    func affected(_ caller: String) throws -> [AffectedLine] {
      try owner.affected(
        since: desk.clock.now - .days(1), until: desk.clock.now + .days(1), caller: caller)
    }
    #expect(try affected("li") == affected("uid:li") && !affected("li").isEmpty)
    // One who has never come, and is there, is a true all-clear.
    #expect(try affected("nobody").isEmpty)
    #expect(try affected("kk") == affected("key:kk") && !affected("kk").isEmpty)
    for word in ["nokey", "uid:", "uid:99999", "key:nokey", "", "1003"] {
      #expect(try refusal { _ = try affected(word) } == .usageValue, "\(word)")
    }
    // A word for two of them is refused: each has its own form.
    _ = try desk.service("uid:7").apply(try Person.liu.form())
    #expect(try refusal { _ = try affected("kk") } == .usageValue)
    #expect(try !affected("key:kk").isEmpty && !affected("uid:7").isEmpty)
  }
}

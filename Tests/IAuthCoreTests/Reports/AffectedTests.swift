// Whose data a caller could have read (PRODUCT 11.6): administrators are listed to whoever is signed in.

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
    #expect(seen[Person.li.name]?.callers == [Person.lin.caller])
    #expect(seen[Person.lin.name]?.exposures == [.own])
    #expect(try affected("uid:nobody").isEmpty)
    // Of everybody together nobody in particular is named for that.
    let all = try #require(try affected(nil)[Person.li.name])
    #expect(all.exposures.contains(.list) && !all.callers.contains(Person.lin.caller))
  }
}

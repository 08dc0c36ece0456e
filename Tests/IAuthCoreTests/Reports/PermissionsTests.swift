// Who had what at a past moment, below an agency (PRODUCT 11.5): what has been reorganised since was
// somebody else's then.

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct PermissionsTests {
  /// What stood below an agency then is asked of that moment too, by the operator and by a superior.
  @Test func whatStoodBelowIsAskedOfThatMoment() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    _ = try desk.administrator(.huang, approvedBy: chief)
    _ = try desk.administrator(.li, approvedBy: chief)
    var minister = Person.wu
    (minister.agency, minister.email) = (Office.interior, "wu@moi.gov.tw")
    _ = try desk.administrator(minister, approvedBy: chief)
    var moments: [Timestamp] = []
    for step in 0..<4 {
      desk.wait(.hours(1))
      moments.append(desk.clock.now)
      desk.wait(.hours(1))
      let order = { (old: String) in
        SuccessionOrder(
          old: old, new: Office.interior, onAt: desk.clock.now, document: "甲字1號")
      }
      switch step {
      case 0: _ = try desk.owner().succeed([order(Office.cdc)])
      case 1: _ = try desk.owner().undoSuccession(of: [Office.cdc])
      // 疾病管制署 stands below 內政部 from then on.
      case 2: _ = try desk.owner().succeed([order(Office.mohw)])
      default: break
      }
    }
    let (ministry, moved, interior): ([RequestID], [RequestID], [RequestID]) = ([2], [3], [4])
    let lines = { (service: Service, moment: Timestamp, code: String?) in
      try service.permissions(ReportFilter(under: code), at: moment).map(\.request).sorted()
    }
    let owner = try desk.owner()
    let wu = try desk.signedIn(minister)
    for (index, moment) in moments.enumerated() {
      let isMoved = index == 1
      let isAllInterior = index == 3
      #expect(try lines(owner, moment, Office.cdc) == (isMoved ? [] : moved))
      #expect(
        try lines(owner, moment, Office.interior)
          == (isAllInterior ? ministry + moved + interior : isMoved ? moved + interior : interior))
      // Of a code that stands for its successor now, what it was then.
      #expect(
        try lines(owner, moment, Office.mohw)
          == (isAllInterior ? [2, 3, 4] : isMoved ? ministry : ministry + moved))
      // A superior sees what was theirs then.
      #expect(
        try lines(wu, moment, nil)
          == (isAllInterior ? [2, 3, 4] : isMoved ? [3, 4] : [4]))
    }
  }

  /// What is taken back in one second, by one command or two, was so one after the other.
  @Test(arguments: [true, false]) func aChainIsTakenBackInOneSecond(byOneCommand: Bool) throws {
    let desk = try Desk()
    let chief = try desk.chief()
    _ = try desk.administrator(.li, approvedBy: chief)
    _ = try desk.administrator(.liu, approvedBy: chief)
    desk.wait(.hours(1))
    for (old, new) in [(Office.cdc, Office.fda), (Office.fda, Office.interior)] {
      _ = try desk.owner().succeed([
        SuccessionOrder(old: old, new: new, onAt: desk.clock.now, document: "甲字1號")
      ])
    }
    desk.wait(.hours(1))
    let between = desk.clock.now
    desk.wait(.hours(1))
    let lines = { (code: String) in
      try desk.owner().permissions(ReportFilter(agency: code), at: between).map(\.request)
    }
    #expect(try lines(Office.interior) == [2, 3])
    if byOneCommand {
      _ = try desk.owner().undoSuccession(of: [Office.fda, Office.cdc])
    } else {
      for code in [Office.fda, Office.cdc] { _ = try desk.owner().undoSuccession(of: [code]) }
    }
    desk.wait(.hours(1))
    #expect(try lines(Office.interior) == [2, 3])
    #expect(try lines(Office.fda).isEmpty && lines(Office.cdc).isEmpty)
  }

  /// Whoever was moved finds what was theirs before, although it stood elsewhere.
  @Test func ownOnesAreFoundWhereverTheyStood() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    _ = try desk.administrator(.li, approvedBy: chief)
    _ = try desk.administrator(.liu, approvedBy: chief)
    let account: AccountID = try desk.id("SELECT account FROM permission WHERE request = 2")
    desk.wait(.hours(1))
    let before = desk.clock.now
    desk.wait(.hours(1))
    _ = try desk.owner().succeed([
      SuccessionOrder(old: Office.cdc, new: Office.fda, onAt: desk.clock.now, document: "甲字1號")
    ])
    let li = try desk.signedIn(.li)
    for filter in [ReportFilter(), ReportFilter(account: account)] {
      let found = try li.permissions(filter, at: before).map(\.request)
      #expect(found.sorted() == (filter.account == nil ? [2, 3] : [2]))
    }
    #expect(try li.permissions(ReportFilter(role: .general), at: before).isEmpty)
  }
}

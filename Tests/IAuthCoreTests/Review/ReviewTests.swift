// Deciding, and who hears of it: each person one mail about one event, and whoever has just acted
// none (PRODUCT 3.4, 3.6).

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct ReviewTests {
  @Test func aDayAtTheDesk() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let li = try desk.opened(.li)
    var receipt: RequestReceipt?
    let asked = try desk.post {
      receipt = try li.requestPermission(
        PermissionOrder(system: nil, role: .admin, reason: "承辦資安", document: "疾管資字第1號"))
    }
    #expect(asked == ["notice chen@ey.gov.tw"])
    let number = try #require(receipt).number
    #expect(receipt?.reviewers == ["陳怡君"] && receipt?.isReviewedByAuthority == true)
    #expect(receipt?.isNational == false && receipt?.system.code == "spm")
    let item = try #require(try chief.queue(PendingFilter()).items.first)
    #expect(item.number == number && item.reason == "承辦資安" && item.document == "疾管資字第1號")
    #expect(item.marks == ["email-domain-new"] && item.isVerified)
    let approved = try desk.post { try #require(try chief.approve(number) == nil) }
    #expect(approved == ["decision li@cdc.gov.tw"])
    #expect(try li.administrators(agency: nil, system: nil).map(\.email) == ["li@cdc.gov.tw"])

    let lin = try desk.opened(.lin)
    var general: RequestID = 0
    #expect(try desk.post { general = try lin.ask(.general) } == ["notice li@cdc.gov.tw"])
    let rejected = try desk.post { try #require(try li.reject(general, reason: "請補公文") == nil) }
    #expect(rejected == ["decision lin@cdc.gov.tw"])
    let own = try #require(try lin.ownRequests().first)
    #expect(own.status == .rejected && own.note == "請補公文" && own.decidedBy == "李小明")
    let again = try lin.ask(.general)
    #expect(try li.approve(again) == nil)
    let revoked = try desk.post { try li.revoke(again, reason: "調職") }
    #expect(revoked == ["notice lin@cdc.gov.tw"])
    #expect(try lin.ownRequests().first?.permission == .revoked)
    #expect(try refusal { try li.revoke(again, reason: "調職") } == .permissionNone)
  }

  @Test func aDecisionIsMadeOnceAndSaysByWhom() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let number = try desk.opened(.li).ask(.admin)
    let wu = try secondChief(desk)
    #expect(try chief.approve(number) == nil)
    let decidedAt = desk.clock.now
    desk.wait(.minutes(5))
    let post = try desk.post {
      for outcome in [
        try chief.approve(.numbers([number]), note: nil, expecting: nil),
        try wu.reject(.numbers([number]), reason: "重複"),
      ] {
        #expect(
          outcome.first?.refusal
            == .requestDecided(number: number, status: .approved, by: "陳怡君", at: decidedAt))
        #expect(outcome.first?.status == .approved && outcome.first?.decidedBy == "陳怡君")
      }
    }
    #expect(post.isEmpty)
    #expect(try desk.number("SELECT count(*) FROM decision WHERE request = ?", number) == 1)
  }

  /// 吳志明, appointed and signed in.
  private func secondChief(_ desk: Desk) throws -> Service {
    _ = try desk.owner().appoint(try Person.wu.form(), system: "spm")
    return try desk.opened(.wu)
  }

  @Test func anAppointmentIsToldToAllNationalReviewers() throws {
    let desk = try Desk()
    try desk.chief()
    let first = try desk.post {
      _ = try desk.owner().appoint(try Person.wu.form(), system: "spm")
    }
    #expect(first == ["invitation wu@ey.gov.tw", "notice chen@ey.gov.tw"])
    // The unproven do not count yet.
    #expect(
      try desk.owner().administrators(agency: Office.authority, system: nil).count == 1)
    try desk.opened(.wu)
    let third = Person.wu.with(name: "鄭美", email: "zheng@ey.gov.tw", mobile: "0911000008")
    let request = try desk.opened(third)
    var number: RequestID = 0
    #expect(
      try desk.post { number = try request.ask(.admin) }
        == ["notice chen@ey.gov.tw", "notice wu@ey.gov.tw"])
    let chief = try desk.signedIn(.chen)
    let item = try #require(try chief.queue(PendingFilter()).items.first)
    #expect(item.isNational && item.marks.contains("national-reviewer"))
    let post = try desk.post { try #require(try chief.approve(number) == nil) }
    #expect(post.sorted() == ["decision zheng@ey.gov.tw", "notice wu@ey.gov.tw"])
  }

  @Test func anInvitedAccountHearsOnlyOfTheApproval() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let huang = try desk.administrator(.huang, approvedBy: chief)
    let sheet = Sheet([.li, .liu])
    let report = try huang.importBatch(sheet.order)
    let numbers = try report.rows.map { try #require($0.request) }
    let approved = try desk.post { try #require(try chief.approve(numbers[0]) == nil) }
    #expect(approved == ["invitation li@cdc.gov.tw"])
    let rejected = try desk.post { try #require(try chief.reject(numbers[1]) == nil) }
    #expect(rejected == ["notice huang@mohw.gov.tw"])
    #expect(try desk.texts("SELECT status FROM account WHERE erased_at IS NOT NULL") == ["closed"])
    #expect(try desk.number("SELECT count(*) FROM account WHERE email = 'liu@fda.gov.tw'") == 0)
  }

  @Test func whoMaySeeARequest() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let li = try desk.administrator(.li, approvedBy: chief)
    let liu = try desk.administrator(.liu, approvedBy: chief)
    let lin = try desk.opened(.lin)
    let tsai = try desk.opened(.tsai)
    let general = try lin.ask(.general)
    let admin = try lin.ask(.admin)
    let answers: [(Service, RequestID, ErrorCode)] = [
      (tsai, general, .requestUnknown), (lin, general, .rightMissing),
      (liu, general, .requestUnknown),
      (chief, general, .requestOutside), (li, admin, .requestOutside), (lin, admin, .rightMissing),
      (li, 9_999, .requestUnknown), (chief, 9_999, .requestUnknown),
    ]
    for (service, number, expected) in answers {
      #expect(try service.approve(number) == expected, "\(service.world.caller.name) \(number)")
      #expect(try service.reject(number) == expected)
      let seen = try refusal { _ = try service.detail(number) }
      #expect(seen == (expected == .requestUnknown ? .requestUnknown : nil))
    }
    #expect(try li.queue(PendingFilter()).items.map(\.number) == [general])
    #expect(try chief.queue(PendingFilter()).items.map(\.number) == [admin])
    #expect(try refusal { _ = try lin.queue(PendingFilter()) } == .rightMissing)
    let detail = try lin.detail(general)
    #expect(detail.whyNot?.code == .rightMissing && detail.item.email == "lin@cdc.gov.tw")
    #expect(detail.reviewers.map(\.name) == ["李小明"] && detail.told.map(\.name) == ["李小明"])
    #expect(
      try desk.number(
        "SELECT count(*) FROM audit WHERE action = 'request.read' AND subject = ?",
        "request:\(general)") == 3)
  }

  @Test(arguments: [
    Person.chen.with(email: "yijun@cdc.gov.tw"), Person.chen.with(mobile: "0911000077"),
  ])
  func nobodyDecidesOnTheirOwn(twin: Person) throws {
    let desk = try Desk()
    let li = try desk.administrator(.li, approvedBy: try desk.chief())
    // The same person in the authority: one contact in common is enough.
    var twin = twin
    twin.agency = Office.cdc
    let number = try desk.opened(twin).ask(.admin)
    let chief = try desk.chief()
    #expect(try chief.approve(number) == .requestOwn)
    #expect(try chief.queue(PendingFilter()).items.isEmpty)
    let submitted = try li.importBatch(Sheet([.lin], role: "一般權限").order)
    let batch = try #require(submitted.rows.first?.request)
    #expect(try li.approve(batch) == .requestOwn)
    #expect(try refusal { _ = try li.detail(batch) } == nil)
  }

  @Test func whatIsApprovedIsWhatWasShown() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let number = try desk.opened(.li).ask(.admin)
    let version = try #require(try chief.queue(PendingFilter()).items.first).version
    #expect(try chief.approve(number, expecting: version + "0") == .requestChanged)
    #expect(try chief.approve(number, expecting: "") == .requestChanged)
    #expect(try chief.approve(number, expecting: version) == nil)
  }

  @Test func aSystemWithoutAdministratorsOfItsOwnIsDecidedByThoseOfTheFirst() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    _ = try desk.owner().addSystem(
      code: "drill", name: "Drill Platform", chineseName: "演練平臺", url: nil)
    let first = try desk.opened(.li).ask(.admin, system: "drill")
    #expect(try chief.queue(PendingFilter()).items.map(\.number) == [first])
    #expect(try chief.approve(first) == nil)
    // As soon as the authority has one of the system itself, it is theirs.
    _ = try desk.owner().appoint(try Person.wu.form(), system: "drill")
    let second = try desk.opened(.liu).ask(.admin, system: "drill")
    #expect(try chief.queue(PendingFilter()).items.map(\.number) == [second], "wu is unproven")
    let wu = try desk.opened(.wu)
    #expect(try chief.queue(PendingFilter()).items.isEmpty)
    #expect(try chief.approve(second) == .requestUnknown)
    #expect(try wu.approve(second) == nil)
    let third = try desk.opened(.huang).ask(.admin, system: "spm")
    #expect(try wu.approve(third) == .requestUnknown)
  }

  /// Sight follows the same line (6): each of the authority's own systems, spm's also the orphans'.
  @Test func anAdministratorOfTheAuthoritySeesTheirSystems() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    for code in ["drill", "doc"] {
      _ = try desk.owner().addSystem(code: code, name: code, chineseName: nil, url: nil)
    }
    _ = try desk.owner().appoint(try Person.wu.form(), system: "drill")
    let wu = try desk.opened(.wu)
    let li = try desk.opened(.li)
    var order = Sheet([.tsai]).order
    order.system = "spm"
    let batch = try #require(try desk.owner().importBatch(order).batch)
    let numbers = [
      "spm": try li.ask(.admin, system: "spm"), "drill": try li.ask(.admin, system: "drill"),
      "doc": try li.ask(.admin, system: "doc"),
    ]
    for (service, seen) in [(chief, ["spm", "doc"]), (wu, ["drill"])] {
      for (system, number) in numbers {
        let expected: ErrorCode? = seen.contains(system) ? nil : .requestUnknown
        #expect(try refusal { _ = try service.detail(number) } == expected, "\(system)")
      }
      var all = PendingFilter()
      all.isOfSeen = true
      #expect(Set(try service.queue(all).items.map(\.system)).isSubset(of: seen))
      #expect(
        try refusal { _ = try service.queue(PendingFilter(batch: batch, status: nil)) }
          == (seen.contains("spm") ? nil : .batchUnknown))
      let feed = seen.contains("spm") ? "doc" : "drill"
      #expect(try refusal { _ = try service.feed(after: 0, system: feed, limit: nil) } == nil)
      let other = seen.contains("spm") ? "drill" : "spm"
      #expect(
        try refusal { _ = try service.feed(after: 0, system: other, limit: nil) } == .rightMissing)
    }
  }

  @Test func aRequestWithoutAReviewerWaits() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let lin = try desk.opened(.lin)
    var receipt: RequestReceipt?
    let post = try desk.post {
      receipt = try lin.requestPermission(
        PermissionOrder(system: nil, role: .general, reason: nil, document: nil))
    }
    #expect(post.isEmpty && receipt?.reviewers.isEmpty == true)
    let number = try #require(receipt).number
    #expect(try chief.approve(number) == .requestOutside)
    let li = try desk.administrator(.li, approvedBy: chief)
    #expect(try li.approve(number) == nil)
  }

  @Test func peopleOfARemovedAgencyFinishWhatIsPending() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let li = try desk.administrator(.li, approvedBy: chief)
    let lin = try desk.opened(.lin)
    let number = try lin.ask(.general)
    let shrunk = Office.registry.split(separator: "\n").filter { !$0.hasPrefix(Office.cdc) }
    let report = try desk.owner().loadRegistry(
      Array(shrunk.joined(separator: "\n").utf8), allowingRemovals: true)
    #expect(report.removed == 1)
    #expect(try li.approve(number) == nil)
    #expect(try refusal { _ = try lin.ask(.admin) } == .agencyRemoved)
    desk.wait(.minutes(1))
    #expect(try refusal { try desk.opened(.tsai) } == .agencyRemoved)
    #expect(try desk.signedIn(.lin).ownRequests().count == 1)
    let row = try #require(try li.importBatch(Sheet([.tsai]).order).rows.first)
    #expect(row.problems.map(\.code) == ["agency.removed"])
  }

  @Test func whatStandsIsNotAskedForTwice() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let li = try desk.opened(.li)
    let number = try li.ask(.admin)
    #expect(throws: IAuthError.requestDuplicate(number: number)) { _ = try li.ask(.admin) }
    #expect(try chief.approve(number) == nil)
    #expect(throws: IAuthError.permissionHeld(number: number, role: .admin)) {
      _ = try li.ask(.admin)
    }
    #expect(throws: IAuthError.permissionHeld(number: number, role: .admin)) {
      _ = try li.ask(.general)
    }
  }
}

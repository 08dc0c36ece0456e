// An administrator's new contacts are the reviewer's to accept; until then the permission rests
// (PRODUCT 3.1).

import SQLite
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

@Suite struct ReplacementTests {
  /// 李小明 administers 疾病管制署, and applies again with these contacts.
  private func applyingAgain(
    as person: Person, in desk: Desk, _ chief: Service
  ) throws -> (Service, RequestID) {
    _ = try desk.administrator(.li, approvedBy: chief)
    desk.wait(.minutes(1))
    let shell = try desk.service("uid:home")
    let reference = try shell.apply(try person.form()).reference
    let session = try shell.prove(reference.text, codes: try desk.codes(reference))
    return (shell, try #require(session.pendingChange))
  }

  private func names(_ service: Service) throws -> [String] {
    try service.administrators(agency: Office.cdc, system: nil).map(\.name)
  }

  @Test(arguments: [
    (Person.li.with(mobile: "0922000003"), [Channel.email]),
    (Person.li.with(email: "ming@cdc.gov.tw"), [.sms]),
    (Person.li.with(name: "李大明"), [.email, .sms]),
  ])
  func thePermissionRestsUntilTheApproval(person: Person, proven: [Channel]) throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let (shell, change) = try applyingAgain(as: person, in: desk, chief)
    #expect(try shell.status().proven == proven)
    #expect(try names(chief).isEmpty)
    #expect(try refusal { _ = try shell.queue(PendingFilter()) } == .rightMissing)
    #expect(try desk.texts("SELECT email FROM account WHERE name = '李小明'") == ["li@cdc.gov.tw"])
    let item = try #require(try chief.queue(PendingFilter()).items.first)
    #expect(
      item.number == change && item.kind == .change && item.marks.contains("contacts-replaced"))
    let post = try desk.post { try #require(try chief.approve(change) == nil) }
    #expect(post.count { $0 == "decision \(person.email)" } == 1)
    #expect(post.count { $0.hasSuffix(person.email) } == 1, "one mail about one event: \(post)")
    if person.email != Person.li.email { #expect(post.contains("notice li@cdc.gov.tw")) }
    if person.mobile != Person.li.mobile { #expect(post.contains("notice +886911000003")) }
    #expect(try names(chief) == [person.name])
    #expect(
      try desk.texts("SELECT email || mobile FROM account WHERE name = ?", person.name)
        == [person.email + "+886" + person.mobile.dropFirst()])
  }

  /// New contacts are the person's, and wait beside whatever else does for the role.
  @Test(arguments: [false, true]) func newContactsWaitBesideARenewal(isReturned: Bool) throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let li = try desk.opened(.li)
    let first = try li.requestPermission(PermissionOrder(role: .admin, until: desk.today + 30))
    try #require(try chief.approve(first.number) == nil)
    let renewal = try li.requestPermission(PermissionOrder(role: .admin, until: desk.today + 90))
    if isReturned {
      _ = try chief.decide([
        DecisionOrder(number: renewal.number, verdict: .returned, note: "補公文", version: nil)
      ])
    }
    desk.wait(.minutes(1))
    let shell = try desk.service("uid:home")
    let reference = try shell.apply(try Person.li.with(mobile: "0922000003").form()).reference
    let session = try shell.prove(reference.text, codes: try desk.codes(reference))
    let change = try #require(session.pendingChange)
    #expect(try refusal { _ = try shell.ask(.admin) } == .requestDuplicate)
    #expect(try chief.approve(change) == nil)
    #expect(try desk.owner().verifyAudit(anchors: nil).entries > 0)
  }

  /// The trail knows what came first within a second.
  @Test(arguments: [true, false])
  func aReplacementInTheSecondOfTheRequestIsShown(isLater: Bool) throws {
    let desk = try Desk()
    let li = try desk.administrator(.li, approvedBy: try desk.chief())
    let lin = try desk.opened(.lin)
    desk.wait(.minutes(2))
    var number = isLater ? try lin.ask(.general) : 0
    let again = try desk.opened(.lin.with(mobile: "0922000004"))
    if !isLater { number = try again.ask(.general) }
    #expect(try li.detail(number).item.marks.contains("contacts-replaced") == isLater)
  }

  @Test(arguments: [
    Person.lin.with(mobile: "0922000004"), Person.lin.with(email: "mei@cdc.gov.tw"),
    Person.lin.with(name: "林美美"),
  ])
  func aPendingRequestShowsThatItsApplicantWasReplaced(person: Person) throws {
    let desk = try Desk()
    let li = try desk.administrator(.li, approvedBy: try desk.chief())
    let number = try desk.opened(.lin).ask(.general)
    func item() throws -> PendingRequest { try li.detail(number).item }
    let shown = try item()
    #expect(!shown.marks.contains("contacts-replaced"))
    desk.wait(.minutes(2))
    _ = try desk.opened(person)
    #expect(try item().marks.contains("contacts-replaced"))
    #expect(try item().version != shown.version)
    try #require(try li.reject(number) == nil)
    #expect(try item().marks.contains("contacts-replaced"))
    desk.wait(.minutes(2))
    let later = try desk.opened(person).ask(.general)
    #expect(try !li.detail(later).item.marks.contains("contacts-replaced"))
  }

  /// Whoever signs in after a change reads what has changed, once (PRODUCT 3.1).
  @Test func theNextSignInSaysWhatHasChanged() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    _ = try desk.administrator(.li, approvedBy: chief)
    func signed(_ person: Person, applies: Bool = false) throws -> SessionReceipt {
      desk.wait(.minutes(2))
      let service = try desk.shell(of: person)
      let reference =
        applies
        ? try service.apply(try person.form()).reference
        : try service.signIn(try person.form(), via: .both).reference
      return try service.prove(reference.text, codes: try desk.codes(reference))
    }
    #expect(try signed(.lin, applies: true).changes.isEmpty)
    var lin = Person.lin.with(mobile: "0922000004")
    #expect(
      try signed(lin, applies: true).changes == [
        ContactChange(field: .mobile, before: "0911***004", after: "0922***004")
      ])
    #expect(try signed(lin).changes.isEmpty)
    lin = lin.with(name: "林美齡", email: "ml@cdc.gov.tw")
    #expect(try refusal { _ = try signed(lin, applies: true) } == .accountTaken)
    lin = lin.with(name: "林美玲")
    #expect(try signed(lin, applies: true).changes.map(\.field) == [.email])
    // An administrator's waits for the reviewer first.
    let li = Person.li.with(mobile: "0922000003")
    let asked = try signed(li, applies: true)
    #expect(asked.changes.isEmpty)
    #expect(
      asked.asked == [ContactChange(field: .mobile, before: "0911***003", after: "0922***003")])
    #expect(try chief.approve(try #require(asked.pendingChange)) == nil)
    #expect(try signed(li).changes == asked.asked)
    #expect(try signed(li).changes.isEmpty)
  }

  @Test func aRejectionRestoresThePermission() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let (_, change) = try applyingAgain(as: .li.with(mobile: "0922000003"), in: desk, chief)
    let post = try desk.post { try #require(try chief.reject(change) == nil) }
    #expect(post == ["decision li@cdc.gov.tw"])
    #expect(try names(chief) == ["李小明"])
    #expect(try desk.texts("SELECT mobile FROM account WHERE name = '李小明'") == ["+886911000003"])
  }

  @Test func aWithdrawalGivesNoReviewWithoutTheStoredContact() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let (thief, change) = try applyingAgain(as: .li.with(mobile: "0922000003"), in: desk, chief)
    let lin = try desk.opened(.lin)
    let number = try lin.ask(.general)
    #expect(try thief.approve(number) == .requestUnknown)
    try thief.withdraw(change)
    #expect(try names(chief) == ["李小明"])
    #expect(try thief.approve(number) == .sessionStepUp)
    let receipt = try #require(try thief.stepUp())
    #expect(receipt.via == .sms)
    #expect(
      try desk.texts("SELECT recipient FROM message WHERE reference = ?", receipt.reference.text)
        == ["+886911000003"])
  }

  @Test func aLaterApplicationTakesTheEarliersPlace() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let (shell, first) = try applyingAgain(as: .li.with(mobile: "0922000003"), in: desk, chief)
    desk.wait(.minutes(1))
    let reference = try shell.apply(try Person.li.with(mobile: "0933000003").form()).reference
    let second = try shell.prove(reference.text, codes: try desk.codes(reference)).pendingChange
    #expect(second != first)
    #expect(try chief.queue(PendingFilter()).items.map(\.number) == [second])
    #expect(try desk.texts("SELECT status FROM request WHERE id = ?", first) == ["withdrawn"])
  }

  /// Without a permission there is nothing to accept, and what waited is not put back later.
  @Test func whatIsReplacedAtOnceIsNotReplacedAgain() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let (_, change) = try applyingAgain(as: .li.with(mobile: "0922000003"), in: desk, chief)
    try chief.revoke(try desk.id("SELECT max(request) FROM permission"), reason: "調職")
    desk.wait(.minutes(1))
    try desk.opened(.li.with(mobile: "0933000003"))
    #expect(try chief.approve(change) == .requestDecided)
    #expect(try desk.texts("SELECT mobile FROM account WHERE name = '李小明'") == ["+886933000003"])
  }

  /// While the new address waits, both hear of what becomes of the account.
  @Test(arguments: [AccountVerb.suspend, .close, .erase])
  func theOldAndTheNewAddressAreTold(verb: AccountVerb) throws {
    let desk = try Desk()
    let chief = try desk.chief()
    _ = try applyingAgain(as: .li.with(email: "ming@cdc.gov.tw"), in: desk, chief)
    let id: AccountID = try desk.id("SELECT id FROM account WHERE name = '李小明'")
    let serviceOperator = try desk.owner()
    let post = try desk.post { _ = try serviceOperator.change(account: id, verb, reason: "離職") }
    #expect(post == ["notice li@cdc.gov.tw", "notice ming@cdc.gov.tw"])
    _ = try serviceOperator.deliverOwn()
    let kept: SQL = "SELECT count(*) FROM message WHERE recipient IN (?, ?)"
    if verb == .erase {
      #expect(try desk.number(kept, "li@cdc.gov.tw", "ming@cdc.gov.tw") == 0)
    }
  }

  @Test func anEndedPermissionIsToldToBothAddresses() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    _ = try applyingAgain(as: .li.with(email: "ming@cdc.gov.tw"), in: desk, chief)
    let number: RequestID = try desk.id("SELECT max(request) FROM permission")
    let post = try desk.post { try chief.revoke(number, reason: "調職") }
    #expect(post == ["notice li@cdc.gov.tw", "notice ming@cdc.gov.tw"])
  }

  @Test func nobodyAcceptsTheirOwnNewContacts() throws {
    let desk = try Desk()
    let chief = try desk.chief()
    let (_, change) = try applyingAgain(as: .li.with(email: "chen@ey.gov.tw"), in: desk, chief)
    #expect(try chief.approve(change) == .requestOwn)
    #expect(try chief.queue(PendingFilter()).items.isEmpty)
  }
}

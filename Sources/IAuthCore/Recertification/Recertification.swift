// The periodic review of accounts (帳號清查, PRODUCT 11.3): the law's half-yearly question who holds
// what, and whether it is still needed. It is opened, answered item by item, and closed; silence
// ends nothing unless the operator has said so.

import SQLite
import Values

/// A review.
package struct Recertification: Sendable {
  package let id: RecertificationID
  package let name: String?
  package let system: SystemID?
  package let top: AgencyID?
  package let dueAt: Timestamp
  package let openedAt: Timestamp
  package let closedAt: Timestamp?

  /// As its mails and pages call it.
  package var title: String { name ?? "#\(id)" }
}

/// What opening a review answers.
package struct RecertificationReceipt: Sendable {
  package let id: RecertificationID
  package let items: Int
  package let reviewers: Int
  package let unassigned: Int
  package let dueAt: Timestamp
}

/// How one item was answered.
package enum ItemStatus: String, CaseIterable, Sendable {
  case open, kept, ended, unanswered
}

/// One permission of a review, as lists and evidence show it.
package struct RecertificationItem: Sendable {
  package let item: ItemID
  package let recertification: RecertificationID
  package let request: RequestID
  package let account: AccountID
  package let agency: Agency
  package let name: String?
  package let title: String?
  package let email: String?
  package let mobile: String?
  package let system: String
  package let role: Role
  package let since: Timestamp
  package let grantedBy: String?
  package let lastUsedAt: Timestamp?
  package let status: ItemStatus
  package let answeredBy: String?
  package let answeredAt: Timestamp?
  package let note: String?
  /// When the permission ended, whatever was answered.
  package let permissionEndedAt: Timestamp?
  package let suspendedAt: Timestamp?
  /// What is sent to the holder does not arrive.
  package let doesBounce: Bool

  package var marks: [String] { doesBounce ? ["contact-bounces"] : [] }
}

/// What a review is opened over.
package struct RecertificationOrder: Sendable {
  package var dueAt: Timestamp
  package var system: String?
  package var under: String?
  package var name: String?

  package init(dueAt: Timestamp, system: String?, under: String?, name: String?) {
    self.dueAt = dueAt
    self.system = system
    self.under = under
    self.name = name
  }
}

extension Service {
  /// Freezes the permissions now in force, and tells each who may answer.
  ///
  /// - Throws: `session.*`, `session.step-up`, `right.missing`, `system.unknown`, `agency.unknown`,
  ///   `date.invalid` for a day that is over, `title.invalid`, `recertify.open`.
  package func openRecertification(
    _ order: RecertificationOrder
  ) throws(IAuthError) -> RecertificationReceipt {
    let name = try FreeText.filled(order.name, FreeText.label)
    return try store.write { (tx) throws(IAuthError) -> TransactionEnd<RecertificationReceipt> in
      if let refusal = try tx.refusalOfReview() { return try tx.refuse(refusal) }
      guard order.dueAt > tx.now else { throw .dateRange(.past) }
      let system = try order.system.map { (code) throws(IAuthError) in
        try tx.system(code: code, command: "recertify").id
      }
      let top = try order.under.map { (code) throws(IAuthError) in try tx.agency(typed: code).id }
      if let other = try tx.number(RecertificationTable.overlapping, system, top) {
        throw .recertifyOpen(review: RecertificationID(other))
      }
      let id: RecertificationID = try tx.insert(
        RecertificationTable.open, name, system, top, order.dueAt, tx.actor?.account, tx.now)
      let items: Int
      if let top {
        items = try tx.run(RecertificationTable.freezeBelow, id, tx.now, system, top)
      } else {
        items = try tx.run(RecertificationTable.freeze, id, tx.now, system)
      }
      try tx.audit(.recertificationOpened, .recertification(id))
      guard let review = try tx.recertification(id) else { throw .databaseDamaged }
      let reviewers = try tx.tellRecertifiers(of: review, reminding: false)
      return .commit(
        RecertificationReceipt(
          id: id, items: items, reviewers: reviewers,
          unassigned: Int(try tx.number(RecertificationTable.unassigned, id, tx.now) ?? 0),
          dueAt: order.dueAt))
    }
  }
}

extension Transaction {
  /// Reviews are opened and closed by the authority's administrators, with both codes, and by the
  /// operator.
  func refusalOfReview() throws(IAuthError) -> IAuthError? {
    guard let current = try signedInOrOperator() else { return nil }
    guard try isAuthorityAdministrator(current.account) else {
      return world.caller.isOperator ? nil : .rightMissing(.reviewer)
    }
    guard settings.reviewCodes == .either || current.hasProvenBoth else { return .sessionStepUp }
    return nil
  }

  func recertification(_ id: RecertificationID) throws(IAuthError) -> Recertification? {
    try first(RecertificationTable.byID, id) { row in Recertification(row: row) }
  }

  /// The review of a number.
  ///
  /// - Throws: `recertify.unknown`.
  func recertification(numbered id: RecertificationID) throws(IAuthError) -> Recertification {
    guard let found = try recertification(id) else { throw .recertifyUnknown(id.value) }
    return found
  }

  /// One mail for each who may answer something that is open.
  ///
  /// - Returns: how many were told.
  func tellRecertifiers(
    of review: Recertification, reminding: Bool
  ) throws(IAuthError) -> Int {
    let counts = try all(RecertificationTable.reviewers, review.id, now) { row in
      (account: row.id(0) as AccountID, items: row.count(1))
    }
    for (id, items) in counts where id != actor?.account || reminding {
      try queue(
        .recertification(
          review: review.id, name: review.name, items: items, dueAt: review.dueAt,
          isReminder: reminding, isOver: now > review.dueAt),
        to: .mail(try account(id: id)), reference: "recertification")
    }
    return counts.count
  }
}

extension Recertification {
  init(row: borrowing Row) {
    self.init(
      id: row.id(0), name: row.textIfAny(1), system: row.idIfAny(2), top: row.idIfAny(3),
      dueAt: row.time(4), openedAt: row.time(5), closedAt: row.timeIfAny(6))
  }
}

extension RecertificationItem {
  init(row: borrowing Row) {
    self.init(
      item: row.id(0), recertification: row.id(1), request: row.id(2), account: row.id(3),
      agency: Agency(
        id: row.id(4), type: row.word(5, AgencyType.self), code: row.text(6), name: row.text(7),
        path: row.text(8), superior: row.idIfAny(9), status: row.word(10, AgencyStatus.self)),
      name: row.textIfAny(11), title: row.textIfAny(12), email: row.textIfAny(13),
      mobile: row.textIfAny(14), system: row.text(15), role: row.word(16, Role.self),
      since: row.time(17), grantedBy: row.textIfAny(18), lastUsedAt: row.timeIfAny(19),
      status: row.word(20, ItemStatus.self), answeredBy: row.textIfAny(21),
      answeredAt: row.timeIfAny(22), note: row.textIfAny(23), permissionEndedAt: row.timeIfAny(24),
      suspendedAt: row.timeIfAny(25), doesBounce: row.bool(26))
  }
}

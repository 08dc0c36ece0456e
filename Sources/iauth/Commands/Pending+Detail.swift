// `iauth pending NUMBER`: one request in full (審查詳細資訊), for scripts and for people.

import IAuthCore
import Sheets
import Values

extension Context {
  func show(_ detail: RequestDetail) {
    if options.json {
      console.line(detail.json)
      return
    }
    showParts(of: detail)
    if let why = detail.whyNot {
      let text = console.sentence(of: why)
      say(Bilingual("you may not decide: \(text.english)", "您無法審核：\(text.chinese)"))
    } else if let obstacle = detail.obstacle {
      let (number, text) = (detail.item.number, console.sentence(of: obstacle))
      say(
        Bilingual(
          "it cannot be approved any more: \(text.english); iauth reject \(number) --reason TEXT",
          "此申請案已無法核准：\(text.chinese)；iauth reject \(number) --reason TEXT"))
    } else {
      let (number, version) = (detail.item.number, detail.item.version)
      say(
        Bilingual(
          "you may decide: iauth approve \(number) --expect \(version), or iauth reject \(number) "
            + "--reason TEXT, with --return to have it corrected",
          "您可審核：iauth approve \(number) --expect \(version)，或 iauth reject \(number) "
            + "--reason TEXT；加上 --return 為退回補正"))
    }
  }

  /// All there is to see of it, for people.
  func showParts(of detail: RequestDetail) {
    console.details(detail.details(language, localTime).map { (label: $0.0, value: $0.1) })
    showReplacement(detail.item)
    showRounds(detail)
    showHistory(detail)
  }

  private func showReplacement(_ item: PendingRequest) {
    guard let new = item.replacement else { return }
    console.line("")
    console.details([
      (Bilingual("new name", "新姓名"), new.name), (Bilingual("new e-mail", "新電子郵件"), new.email),
      (Bilingual("new mobile", "新行動電話"), MobileNumber(stored: new.mobile).shown),
    ])
  }

  /// What it was sent back for (退回補正), round by round.
  private func showRounds(_ detail: RequestDetail) {
    guard !detail.rounds.isEmpty else { return }
    let zone = localTime.zoneName(at: detail.now)
    console.line("")
    console.table(
      Table(
        [
          .init(Bilingual("round", "次別"), isNumber: true),
          .init(Bilingual("sent back (\(zone))", "退回補正（\(zone)）")),
          .init(Bilingual("by", "人員"), isFlexible: true),
          .init(Bilingual("to correct", "補正事項"), isFlexible: true),
          .init(Bilingual("reason then", "當時申請事由"), isFlexible: true),
        ],
        rows: detail.rounds.map { round in
          [
            String(round.round), localTime.text(round.returnedAt), round.returnedBy ?? "",
            round.note ?? "", round.reason ?? "",
          ]
        }))
  }

  private func showHistory(_ detail: RequestDetail) {
    let zone = localTime.zoneName(at: detail.now)
    let time = Table.Column(Bilingual("time (\(zone))", "時間（\(zone)）"))
    if !detail.history.isEmpty {
      console.line("")
      console.table(
        Table(
          [
            time, .init(Bilingual("history", "歷程")),
            .init(Bilingual("by", "人員"), isFlexible: true), .init(Bilingual("outcome", "結果")),
          ],
          rows: detail.history.map { entry in
            [
              localTime.text(entry.at), HistoryWords.action(entry.action)(language),
              entry.by ?? "", HistoryWords.outcome(entry.outcome)(language),
            ]
          }))
    }
    if !detail.told.isEmpty {
      console.line("")
      console.table(
        Table(
          [
            time, .init(Bilingual("told", "通知對象"), isFlexible: true),
            .init(Bilingual("message", "通知類別")), .init(Bilingual("status", "狀態")),
          ],
          rows: detail.told.map { message in
            [
              localTime.text(message.at), message.name ?? "", message.kind.label(language),
              message.status.label(language),
            ]
          }))
    }
  }
}

extension RequestDetail {
  fileprivate var json: JSON {
    let new = item.replacement
    return item.json(at: now).adding([
      "email": item.isErased ? .null : .string(item.email),
      "mobile": item.isErased ? .null : .string(item.mobile),
      "phone": .text(phone), "unit": .text(unit),
      "replacement": new.map {
        [
          "name": .string($0.name), "email": .string($0.email), "mobile": .string($0.mobile),
          "title": .text($0.title),
        ]
      } ?? .null,
      "effective_at": .time(item.effectiveAt),
      "rule": .string(rule),
      "reviewers": .array(
        reviewers.map {
          [
            "name": .string($0.name), "agency": .string($0.agency),
            "deputy_for": .number($0.deputyFor), "deputy_of": .text($0.deputyOf),
          ]
        }),
      "stands_for": .text(item.standsFor),
      "rounds": .array(
        rounds.map {
          [
            "round": .int($0.round), "submitted_at": .time($0.submittedAt),
            "reason": .text($0.reason), "document": .text($0.document),
            "returned_at": .time($0.returnedAt), "returned_by": .text($0.returnedBy),
            "note": .text($0.note),
          ]
        }),
      "history": .array(
        history.map {
          [
            "at": .time($0.at), "action": .string($0.action), "by": .text($0.by),
            "outcome": .string($0.outcome),
          ]
        }),
      "told": .array(
        told.map {
          [
            "at": .time($0.at), "name": .text($0.name), "kind": .word($0.kind),
            "status": .word($0.status),
          ]
        }),
      "may_decide": .bool(whyNot == nil), "why_not": .text(whyNot?.code.rawValue),
      "decision": decision.map {
        [
          "status": .word($0.verdict), "decided_by": .text($0.reviewer), "note": .text($0.note),
          "decided_at": .time($0.decidedAt), "deputy_for": .number($0.deputyFor),
        ]
      } ?? .null,
      "permission": .word(permission), "taken_over": takenOver?.json ?? .null,
    ]).adding(obstacle.map { ["obstacle": .string($0.code.rawValue)] } ?? [:])
  }

  private func waited(_ language: Language) -> String {
    let days = item.waitingDays(at: now)
    return Bilingual(days == 1 ? " (1 day)" : " (\(days) days)", "（\(days) 天）")(language)
  }

  /// Who decides: the authority on administrators, the agency on its general users.
  private var rule: String { item.role == .admin ? "authority" : "agency" }

  fileprivate func details(_ language: Language, _ times: LocalTime) -> [(Bilingual, String)] {
    let separator = language == .english ? ", " : "、"
    var rows: [(Bilingual, String?)] = [
      (Bilingual("request", "申請序號"), item.number.description),
      (Bilingual("kind", "類別"), item.kind.label(language)),
      (Bilingual("status", "狀態"), item.status.label(language)),
      (Bilingual("agency", "機關"), item.agency.titled(language)),
      (Bilingual("path", "機關層級"), item.agency.place),
      (
        Bilingual("name", "姓名"),
        item.name
          + (item.isVerified ? "" : Bilingual(" (not yet proven)", "（尚未驗證）")(language))
      ),
      (Bilingual("unit", "單位"), unit), (Bilingual("title", "職稱"), item.title),
      (Bilingual("e-mail", "電子郵件"), item.email),
      (Bilingual("mobile", "行動電話"), MobileNumber(stored: item.mobile).shown),
      (Bilingual("telephone", "公務電話"), phone),
      (Bilingual("system", "系統"), item.system),
      (Bilingual("role", "角色"), item.role.label(language)),
      (Bilingual("reason", "申請事由"), item.reason),
      (Bilingual("document", "公文文號"), item.document),
      (Bilingual("batch", "整批編號"), item.batch.map(String.init)),
      (Bilingual("effective", "生效日期"), item.effectiveAt.map(\.taiwanDay)),
      (Bilingual("until", "終止日期"), item.untilAt.map { ($0 - .seconds(1)).taiwanDay }),
      (Bilingual("handed over", "將交接"), takenOver?.text(language)),
      (
        Bilingual("deputy of", "職務代理"),
        item.deputyFor.map { "\(item.standsFor ?? "-") (\($0))" }
      ),
      (
        Bilingual("takes over from", "交接"),
        item.replaces.map { "\(item.standsFor ?? "-") (\($0))" }
      ),
      (Bilingual("round", "次別"), item.round > 1 ? String(item.round) : nil),
      (
        Bilingual("submitted", "申請時間"),
        times.textWithZone(item.submittedAt) + waited(language)
      ),
      (Bilingual("marks", "注意事項"), item.marks(language)),
      (
        Bilingual("reviewed by", "審核依據"),
        item.role == .admin
          ? Bilingual("the authority", "機關管理者由主管機關審核")(language)
          : Bilingual("the agency's administrators", "一般權限由所屬機關管理者審核")(language)
      ),
      (
        Bilingual("reviewers", "審核人員"),
        reviewers.isEmpty
          ? Bilingual("none yet", "尚無")(language)
          : reviewers.map { reviewer in
            let deputy = reviewer.deputyOf.map {
              Bilingual(", deputy of \($0)", "，\($0)之職務代理人")(language)
            }
            let place = reviewer.agency + (deputy ?? "")
            return language == .english
              ? "\(reviewer.name) (\(place))" : "\(reviewer.name)（\(place)）"
          }.joined(separator: separator)
      ),
    ]
    if let decision {
      rows += [
        (
          Bilingual("decided", "審核結果"),
          decision.verdict.label(language) + (language == .english ? ", " : "，")
            + times.textWithZone(decision.decidedAt)
        ),
        (Bilingual("decided by", "審核者"), decision.reviewer),
        (Bilingual("deputy for", "職務代理"), decision.deputyFor.map(String.init)),
        (Bilingual("note", "審核意見"), decision.note),
      ]
    }
    rows.append((Bilingual("permission", "權限"), permission?.label(language)))
    return rows.compactMap { label, value in
      value.flatMap { $0.isEmpty ? nil : (label, $0) }
    }
  }
}

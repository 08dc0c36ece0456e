// `recertify --evidence NUMBER DIR`: the files that an auditor is handed, in a new directory.

import IAuthCore
import Sheets
import Values

extension Recertify {
  /// Writes the directory; SHA256SUMS comes last, so that where it is, all is.
  func writeEvidence(
    _ id: RecertificationID, _ directory: String, _ service: Service, _ context: Context
  ) throws(IAuthError) {
    let files = context.console.files
    try files.checkNew(directory)
    let evidence = try service.recertificationEvidence(id, under: under)
    let (checkpoint, proofs) = try service.inclusions(of: evidence.entries)
    let contents: [(name: String, bytes: [UInt8])] = [
      ("items.csv", try evidence.csv()),
      ("summary.html", Array(evidence.page(context.language, context.localTime).text.utf8)),
      ("audit.jsonl", evidence.entriesAsLines(proofs)),
    ]
    let manifest = evidence.manifest(contents.map { ($0.name, $0.bytes) })
      .adding(["checkpoint": checkpoint.json])
    let all = contents + [("manifest.json", Array((manifest.text + "\n").utf8))]
    let sums = all.map { "\(Hex.encode(SHA256.hash($0.bytes)))  \($0.name)\n" }.joined()
    if !context.options.dryRun { try files.makeDirectory(directory) }
    for (name, bytes) in all + [("SHA256SUMS", Array(sums.utf8))] {
      try context.create(directory + "/" + name, bytes)
    }
    context.emit(
      [
        "recertification": .int(id), "items": .int(evidence.items.count),
        "files": .texts(all.map(\.name) + ["SHA256SUMS"]),
      ],
      details: [
        (Bilingual("review", "清查編號"), String(id)),
        (Bilingual("items", "項目"), String(evidence.items.count)),
        (Bilingual("directory", "目錄"), directory),
      ])
    context.say(
      Bilingual(
        "check it anywhere: cd DIR && sha256sum -c SHA256SUMS",
        "可於任何主機驗證：cd DIR && sha256sum -c SHA256SUMS"))
  }
}

extension RecertificationEvidence {
  fileprivate func csv() throws(IAuthError) -> [UInt8] {
    var writer = DelimitedWriter()
    writer.write([
      "清查編號", "申請序號", "機關代碼", "機關", "姓名", "職稱", "電子郵件", "系統", "角色", "起始日期", "核准者",
      "最近使用", "清查結果", "答復者", "答復時間", "說明", "權限廢止時間", "暫停時間",
    ])
    for item in items {
      writer.write([
        String(item.item), String(item.request), item.agency.code, item.agency.name,
        item.name ?? "", item.title ?? "",
        item.email.map { EmailAddress(stored: $0).masked } ?? "", item.system,
        item.role.label.chinese, item.since.rfc3339, item.grantedBy ?? "",
        item.lastUsedAt?.rfc3339 ?? "", item.status.label.chinese, item.answeredBy ?? "",
        item.answeredAt?.rfc3339 ?? "", (item.note ?? "").escapingControls,
        item.permissionEndedAt?.rfc3339 ?? "", item.suspendedAt?.rfc3339 ?? "",
      ])
    }
    return try writer.finish()
  }

  /// Each entry with the proof that it is under the checkpoint of the manifest (PRODUCT 14).
  fileprivate func entriesAsLines(_ proofs: [[[UInt8]]]) -> [UInt8] {
    zip(entries, proofs).map { entry, proof in
      entry.exported.adding(["inclusion": .hashes(proof)]).text + "\n"
    }.joined().utf8.map { $0 }
  }

  fileprivate func manifest(_ files: [(String, [UInt8])]) -> JSON {
    [
      "recertification": .int(review.id), "name": .text(review.name), "system": .text(system),
      "opened_at": .time(review.openedAt), "due": .time(review.dueAt),
      "closed_at": .time(review.closedAt), "items": .int(items.count),
      "kept": .int(count(.kept)), "ended": .int(count(.ended)),
      "unanswered": .int(count(.open) + count(.unanswered)), "written_at": .time(at),
      "database": .string(database), "version": .string(Program.version),
      "files": .array(
        files.map { name, bytes in
          [
            "name": .string(name), "bytes": .int(bytes.count),
            "sha256": .string(Hex.encode(SHA256.hash(bytes))),
          ]
        }),
    ]
  }

  fileprivate func page(_ language: Language, _ times: LocalTime) -> HTMLPage {
    let title = Bilingual("Review of permissions", "帳號清查報告")(language)
    var page = HTMLPage("\(title) \(review.id)", language)
    page.facts([
      (Bilingual("Review", "清查編號"), review.name.map { "\(review.id)　\($0)" } ?? String(review.id)),
      (Bilingual("System", "系統"), system ?? "-"),
      (Bilingual("Opened", "開始時間"), times.textWithZone(review.openedAt)),
      (Bilingual("Due", "期限"), review.dueAt.taiwanDate),
      (Bilingual("Closed", "結案時間"), review.closedAt.map(times.textWithZone) ?? "-"),
      (Bilingual("Items", "項目"), String(items.count)),
      (Bilingual("Written", "產製時間"), times.textWithZone(at)),
    ])
    page.heading(Bilingual("Answers", "清查結果")(language))
    page.bars(
      Bilingual("Items by answer", "各結果項數")(language),
      [ItemStatus.kept, .ended, .open, .unanswered].map { status in
        (label: status.label(language), value: Double(count(status)))
      })
    page.heading(Bilingual("By superior agency", "各上級機關答復率")(language))
    page.bars(
      Bilingual("Answered, in per cent", "答復率（百分比）")(language),
      bySuperior.map { line in
        (label: line.name, value: Double(line.answered) * 100 / Double(max(line.items, 1)))
      })
    page.heading(Bilingual("Items", "清查項目")(language))
    page.table(
      [
        Bilingual("Item", "項目"), Bilingual("Agency", "機關"), Bilingual("Name", "姓名"),
        Bilingual("Role", "角色"), Bilingual("Answer", "清查結果"), Bilingual("By", "答復者"),
        Bilingual("When", "答復時間"), Bilingual("Note", "說明"),
      ],
      items.map { item in
        [
          String(item.item), item.agency.name, item.name ?? "-", item.role.label(language),
          item.status.label(language), item.answeredBy ?? "-",
          item.answeredAt.map(times.text) ?? "-", item.note ?? "",
        ]
      }, numbers: [0])
    return page
  }
}

// `iauth audit --checkpoint`, `--prove`, `--head`, `--after`: what goes out to those who need not
// trust us. All of it is for programs, so that it looks the same with --json and without, but for
// the note, which is signed as it stands.

import IAuthCore
import Sheets
import Values

extension Audit {
  func showCheckpoint(_ context: Context) throws(IAuthError) {
    // The agent is the caller's; opening the database may make another user of root.
    let agent = try sign.map { (path) throws(IAuthError) in
      try SigningAgent(
        socket: context.environment["SSH_AUTH_SOCK"],
        publicKey: try context.bytes(of: path, max: 16_384))
    }
    let checkpoint = try context.service().auditHead().checkpoint
    let note = try agent?.sign(checkpoint) ?? checkpoint.text
    guard context.options.json else { return context.console.page(note) }
    context.console.line(checkpoint.json.adding(["note": .string(note)]))
  }

  func showHead(_ context: Context) throws(IAuthError) {
    let head = try context.service().auditHead()
    let size = head.checkpoint.size
    let json = head.checkpoint.json.adding([
      "seq": .int(size), "hash": .string(Hex.encode(head.hash)), "at": .time(head.at),
    ])
    context.emit(
      json,
      details: [
        (Bilingual("entries", "筆數"), String(size)),
        (Bilingual("newest", "最近一筆"), head.at.map(context.localTime.textWithZone) ?? ""),
        (Bilingual("anchor", "鏈首"), head.anchor),
        (Bilingual("root", "樹根"), Base64.encode(head.checkpoint.root)),
      ])
  }

  func settle(_ context: Context) throws(IAuthError) {
    let heads = try context.service().settleWitness()
    context.emit(
      ["settled": .int(heads)],
      human: heads == 0
        ? Bilingual("the witness has nothing that is not in the trail", "見證所存均與稽核紀錄相符")(
          context.language)
        : Bilingual(
          "\(heads) \(heads == 1 ? "head of the witness is" : "heads of the witness are")"
            + " settled: compared no more",
          "已解除 \(heads) 筆不符之鏈首，不再比對")(context.language))
  }

  func showProof(of seq: Int64, _ context: Context) throws(IAuthError) {
    let size = try since.map { (text) throws(IAuthError) in try Int64.parse(text, for: "--since") }
    let proof = try context.service().prove(seq, since: size)
    var json = proof.checkpoint.json.adding([
      "entry": proof.line.exported, "inclusion": .hashes(proof.inclusion),
    ])
    if let since = proof.since {
      json = json.adding([
        "since": since.json.adding(["consistency": .hashes(proof.consistency)])
      ])
    }
    context.console.line(json)
  }

  func feed(after seq: Int64, _ context: Context) throws(IAuthError) {
    let format = format ?? .jsonl
    let list = context.options.list
    // The lines are the entries in their order, whole.
    for (isGiven, option) in [
      (list.sort != nil, "--sort"), (list.columns != nil, "--columns"),
      (list.output.map { $0 != .json } ?? false, "--output"), (list.since != nil, "--since"),
      (list.until != nil, "--until"),
    ] where isGiven { throw .usageConflict("--after", option, command: "audit") }
    var isEmpty = true
    let head = try context.service().auditFeed(after: seq, limit: list.limit.map(Int64.init)) {
      (lines) throws(IAuthError) in
      for line in lines { context.console.out.write(format.line(line) + "\n") }
      isEmpty = isEmpty && lines.isEmpty
    }
    if isEmpty, list.hasExitCode { context.status = .refused }
    // A collector that has more than there is has read another trail, or one that was lost since.
    if head < seq {
      context.say(
        Bilingual(
          "the trail has \(head) entries only: was an older copy restored?",
          "稽核紀錄僅有 \(head) 筆，是否曾還原較舊之備份？"))
    }
  }
}

extension Checkpoint {
  var json: JSON {
    ["origin": .string(origin), "size": .int(size), "root": .string(Base64.encode(root))]
  }
}

extension JSON {
  static func hashes(_ hashes: [[UInt8]]) -> JSON {
    .texts(hashes.map { Base64.encode($0) })
  }
}

// `iauth deliver --bounce`, `--report`, `--test`: what becomes of messages, and whether a channel
// works.

import IAuthCore
import Sheets
import Values

extension Deliver {
  /// Reads one mail to its end, whatever its length: a mail system whose pipe breaks would send a
  /// report about the report.
  func takeBounce(_ service: Service, _ context: Context) throws(IAuthError) {
    context.announceInput(Bilingual("a mail", "退信郵件"))
    var mail: [UInt8] = []
    while let piece = try context.console.input.piece() {
      mail += piece.prefix(max(0, Limits.bounceBytes - mail.count))
    }
    let counts = try service.takeBounce(mail)
    // Whoever is not the operator is not told what is known here.
    guard context.world.caller.isOperator else { return }
    show(counts, context)
  }

  /// Reads lines, so many to a transaction.
  func takeReports(_ service: Service, _ context: Context) throws(IAuthError) {
    context.announceInput(Bilingual("the lines", "狀態回報"))
    var counts = FateCounts()
    var lines: [String] = []
    while let line = try context.console.input.line() {
      lines.append(line)
      if lines.count == Limits.reportLines {
        counts.add(try service.takeReports(lines))
        lines = []
      }
    }
    counts.add(try service.takeReports(lines))
    show(counts, context)
  }

  private func show(_ counts: FateCounts, _ context: Context) {
    context.emit(
      [
        "bounced": .int(counts.bounced), "delivered": .int(counts.delivered),
        "failed": .int(counts.failed), "expired": .int(counts.expired),
        "noted": .int(counts.noted), "ignored": .int(counts.ignored),
      ],
      human: Bilingual(
        "bounced \(counts.bounced), delivered \(counts.delivered), failed \(counts.failed), "
          + "expired \(counts.expired), noted \(counts.noted), ignored \(counts.ignored)",
        "退信 \(counts.bounced) 則，已送達 \(counts.delivered) 則，無法送達 \(counts.failed) 則，"
          + "逾時 \(counts.expired) 則，註記 \(counts.noted) 則，略過 \(counts.ignored) 則")(
          context.language))
  }

  /// - Throws: `deliver.failed` if the channel did not take it.
  func test(_ typed: String, _ service: Service, _ context: Context) throws(IAuthError) {
    let address: ContactAddress =
      if typed.utf8.contains(UInt8(ascii: "@")) { .email(try EmailAddress(typed)) } else {
        .mobile(try MobileNumber(typed))
      }
    guard let answer = try service.test(address) else { return }
    let language = context.language
    context.emit(
      [
        "channel": .word(answer.channel), "recipient": .string(answer.recipient),
        "status": .string(answer.isTaken ? "sent" : "failed"), "answer": .string(answer.answer),
      ],
      human: answer.isTaken
        ? Bilingual(
          "sent to \(answer.recipient); the channel answered: \(answer.answer)",
          "已送往 \(answer.recipient)，管道回應：\(answer.answer)")(language)
        : Bilingual(
          "not sent to \(answer.recipient); the channel answered: \(answer.answer)",
          "未能送往 \(answer.recipient)，管道回應：\(answer.answer)")(language))
    guard answer.isTaken else { throw .deliverFailed(failed: 1) }
  }
}

// How far a long piece of work is, on one line of a terminal that is gone at the end.

import IAuthCore

final class ProgressLine {
  private let console: Console
  private let total: Int?
  private let start: Int64
  private var isShown = false

  /// Nil where nobody looks: no terminal, or --quiet.
  init?(on console: Console, total: Int?) {
    guard console.err.isTerminal, !console.isQuiet else { return nil }
    self.console = console
    self.total = total
    start = ChildProcess.milliseconds()
  }

  /// Shows the rows so far, the rate and, if the total is known, the time left.
  ///
  /// It is shown from within a transaction, so it waits for nobody.
  func show(_ rows: Int) {
    guard console.err.isReady else { return }
    let taken = max(1, ChildProcess.milliseconds() - start)
    let rate = Int64(rows) * 1_000 / taken
    var text =
      console.language == .english ? "\(rows) rows, \(rate) a second" : "\(rows) 列，每秒 \(rate) 列"
    if let total, rate > 0, total > rows {
      let left = (Int64(total - rows) + rate - 1) / rate
      text += console.language == .english ? ", \(left) s left" : "，尚餘 \(left) 秒"
    }
    console.err.write("\r\u{1B}[K" + text)
    console.err.flush()
    isShown = true
  }

  /// Takes the line away.
  func clear() {
    guard isShown else { return }
    console.err.write("\r\u{1B}[K")
    console.err.flush()
    isShown = false
  }
}

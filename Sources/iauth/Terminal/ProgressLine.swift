// How far a long piece of work is, on one line of a terminal that is gone at the end.

import IAuthCore
import Sheets
import Values

final class ProgressLine {
  private let console: Console
  private var start: Int64
  private var isStoring = false
  private var isShown = false

  /// Nil where nobody looks: no terminal, or --quiet.
  init?(on console: Console) {
    guard console.err.isTerminal, !console.isQuiet else { return nil }
    self.console = console
    start = ChildProcess.milliseconds()
  }

  /// Shows the rows so far, the rate and, if it is known how many there are, the time left.
  ///
  /// It is shown from within a transaction, so it waits for nobody.
  func show(_ progress: ImportProgress) {
    guard console.err.isReady else { return }
    let (rows, total, step): (Int, Int?, Bilingual)
    switch progress {
    case .reading(let done, let all):
      (rows, total, step) = (done, all, Bilingual("read", "已讀取"))
    case .storing(let done, let all):
      if !isStoring { start = ChildProcess.milliseconds() }
      isStoring = true
      (rows, total, step) = (done, all, Bilingual("stored", "已寫入"))
    }
    let taken = max(1, ChildProcess.milliseconds() - start)
    let rate = Int64(rows) * 1_000 / taken
    var text = Bilingual(
      "\(rows) rows \(step.english), \(rate) a second", "\(step.chinese) \(rows) 列，每秒 \(rate) 列")(
        console.language)
    if let total, rate > 0, total > rows {
      let left = (Int64(total - rows) + rate - 1) / rate
      text += Bilingual(", \(left) s left", "，尚餘 \(left) 秒")(console.language)
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

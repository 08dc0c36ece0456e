// What a command works with. The database is not here: a command that needs it opens it.

import IAuthCore

struct Context {
  let world: World
  let environment: Environment
  let options: GlobalOptions
  let console: Console
  let localTime: LocalTime

  var language: Language { options.language }

  /// One result: a line of JSON with --json, else a line for people.
  func emit(_ row: @autoclosure () -> JSON, human: @autoclosure () -> String) {
    if options.json { console.line(row()) } else { console.line(human()) }
  }

  /// One result that is shown to people as labels and values.
  func emit(_ row: @autoclosure () -> JSON, details: @autoclosure () -> [(Bilingual, String)]) {
    if options.json {
      console.line(row())
    } else {
      console.details(details().map { (label: $0.0, value: $0.1) })
    }
  }

  /// A list: a line of JSON for each, or a table; an empty one is one sentence on standard error.
  func list(_ rows: @autoclosure () -> [JSON], table: @autoclosure () -> Table, empty: Bilingual) {
    if options.json {
      for row in rows() { console.line(row) }
      return
    }
    let table = table()
    if table.rows.isEmpty { console.say(empty) } else { console.table(table) }
  }

  /// A note on standard error; neither with --json nor with --quiet.
  func say(_ note: Bilingual) {
    if !options.json { console.say(note) }
  }
}

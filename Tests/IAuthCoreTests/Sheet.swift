// A form as an agency fills it in.

@testable import IAuthCore
@testable import Sheets
@testable import Values

struct Sheet {
  private var lines: [String]

  /// One row a person; a role of its own column if it is given.
  init(_ people: [Person], role: String? = nil) {
    lines = ["機關OID,機關名稱,姓名,公務信箱,手機" + (role == nil ? "" : ",角色")]
    for person in people {
      lines.append(
        "\(person.agency),,\(person.name),\(person.email),\(person.mobile)"
          + (role.map { "," + $0 } ?? ""))
    }
  }

  init(lines: [String]) {
    self.lines = lines
  }

  var bytes: [UInt8] { Array((lines.joined(separator: "\r\n") + "\r\n").utf8) }
  var order: ImportOrder { ImportOrder(bytes: bytes) }
}

// SQL text that only a literal can make: text from people cannot become SQL, because it does not
// compile. Parts that several statements share are fragments, which interpolate and cannot be run;
// so are the names that a schema gives, quoted, which a migration needs.

package struct SQL: ExpressibleByStringLiteral, ExpressibleByStringInterpolation, Hashable,
  Sendable
{
  package let text: String

  package init(stringLiteral value: StaticString) {
    text = value.description
  }

  package init(stringInterpolation: Interpolation) {
    text = stringInterpolation.text
  }

  /// `head` followed by `count` times `row`, as an INSERT of many rows needs it.
  package init(_ head: SQL, _ row: SQL, count: Int) {
    text = head.text + " " + [String](repeating: row.text, count: count).joined(separator: ", ")
  }

  package struct Interpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    package init(literalCapacity: Int, interpolationCount: Int) {
      text.reserveCapacity(literalCapacity)
    }

    package mutating func appendLiteral(_ literal: StaticString) {
      text += literal.description
    }

    package mutating func appendInterpolation(_ fragment: Fragment) {
      text += fragment.text
    }

    package mutating func appendInterpolation(_ statement: SQL) {
      text += statement.text
    }
  }
}

/// A part of statements: a list of columns, a condition.
package struct Fragment: ExpressibleByStringLiteral, ExpressibleByStringInterpolation, Sendable {
  let text: String

  package init(stringLiteral value: StaticString) {
    text = value.description
  }

  package init(stringInterpolation: SQL.Interpolation) {
    text = stringInterpolation.text
  }

  /// The name of a table or column, as the schema itself has it: quoted, it is nothing else.
  package init(name: String) {
    var quoted = "\""
    for scalar in name.unicodeScalars {
      quoted.unicodeScalars.append(scalar)
      if scalar == "\"" { quoted.unicodeScalars.append(scalar) }
    }
    text = quoted + "\""
  }
}

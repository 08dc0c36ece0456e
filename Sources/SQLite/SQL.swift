// SQL text that only a literal can make: text from people cannot become SQL, because it does not
// compile. Shared column lists are fragments, which interpolate.

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

  package struct Interpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    package init(literalCapacity: Int, interpolationCount: Int) {
      text.reserveCapacity(literalCapacity)
    }

    package mutating func appendLiteral(_ literal: StaticString) {
      text += literal.description
    }

    package mutating func appendInterpolation(_ fragment: SQL) {
      text += fragment.text
    }
  }
}

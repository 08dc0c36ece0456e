// DEFLATE (RFC 1951), decompression only, a piece at a time: an archive may claim any size, so what
// comes out is counted by whoever asks for the next piece, and memory is one window whatever the
// file holds. Codes up to ten bits are looked up, longer ones counted out: a table for all fifteen
// would let a file of many tiny blocks cost seconds.

import Values

/// The compressed data break the rules of RFC 1951, or end early.
package struct InflateFault: Error {}

package struct Inflater {
  private let input: [UInt8]
  private var position: Int
  private let end: Int
  private var bits: UInt64 = 0
  private var bitCount = 0

  /// The last 32 KiB given out, and the piece in the making behind them.
  private var window = [UInt8](repeating: 0, count: Self.pieceEnd + Self.matchMax)
  private var filled = 0
  private var state = State.header
  private var isLast = false

  private enum State {
    case header, done
    case stored(left: Int)
    case compressed(literals: Huffman, distances: Huffman)
  }

  private static let history = 32_768
  private static let pieceEnd = history + 65_536
  private static let matchMax = 258

  /// Reads one stream from a range of the bytes, which are held and not copied.
  package init(_ input: [UInt8], range: Range<Int>) {
    self.input = input
    position = range.lowerBound
    end = range.upperBound
  }

  /// The next piece of about 64 KiB; empty after the last one.
  package mutating func next() throws(InflateFault) -> [UInt8] {
    if filled > Self.history {
      let start = filled - Self.history
      for index in 0..<Self.history { window[index] = window[start + index] }
      filled = Self.history
    }
    let start = filled
    while filled < Self.pieceEnd {
      switch state {
      case .header: try readHeader()
      case .stored(let left): try copy(left)
      case .compressed(let literals, let distances):
        try decompress(literals: literals, distances: distances)
      case .done: return Array(window[start..<filled])
      }
    }
    return Array(window[start..<filled])
  }

  private mutating func readHeader() throws(InflateFault) {
    guard !isLast else {
      state = .done
      return
    }
    isLast = try take(1) == 1
    switch try take(2) {
    case 0:
      bits >>= UInt64(bitCount & 7)
      bitCount &= ~7
      let length = try take(16)
      guard try take(16) == length ^ 0xFFFF else { throw InflateFault() }
      state = .stored(left: length)
    case 1: state = .compressed(literals: .fixedLiterals, distances: .fixedDistances)
    case 2: state = try readCodes()
    default: throw InflateFault()
    }
  }

  /// The codes of a dynamic block (3.2.7).
  private mutating func readCodes() throws(InflateFault) -> State {
    let literalCount = try take(5) + 257
    let distanceCount = try take(5) + 1
    let lengthCount = try take(4) + 4
    guard literalCount <= 286, distanceCount <= 30 else { throw InflateFault() }
    var lengthLengths = [UInt8](repeating: 0, count: 19)
    for symbol in Self.lengthOrder.prefix(lengthCount) {
      lengthLengths[symbol] = UInt8(truncatingIfNeeded: try take(3))
    }
    let lengthCodes = try Huffman(lengthLengths)
    var lengths: [UInt8] = []
    lengths.reserveCapacity(320)
    while lengths.count < literalCount + distanceCount {
      let symbol = try decode(lengthCodes)
      guard symbol >= 16 else {
        lengths.append(UInt8(truncatingIfNeeded: symbol))
        continue
      }
      if symbol == 16, lengths.isEmpty { throw InflateFault() }
      let value = symbol == 16 ? lengths[lengths.count - 1] : 0
      let count = symbol == 16 ? try take(2) + 3 : symbol == 17 ? try take(3) + 3 : try take(7) + 11
      for _ in 0..<count { lengths.append(value) }
    }
    guard lengths.count == literalCount + distanceCount, lengths[256] > 0 else {
      throw InflateFault()
    }
    return .compressed(
      literals: try Huffman(Array(lengths[..<literalCount])),
      distances: try Huffman(Array(lengths[literalCount...])))
  }

  private mutating func copy(_ left: Int) throws(InflateFault) {
    var left = left
    while left > 0, filled < Self.pieceEnd {
      window[filled] = UInt8(truncatingIfNeeded: try take(8))
      filled += 1
      left -= 1
    }
    state = left > 0 ? .stored(left: left) : .header
  }

  private mutating func decompress(
    literals: Huffman, distances: Huffman
  ) throws(InflateFault) {
    while filled < Self.pieceEnd {
      let symbol = try decode(literals)
      if symbol < 256 {
        window[filled] = UInt8(truncatingIfNeeded: symbol)
        filled += 1
        continue
      }
      guard symbol > 256 else {
        state = .header
        return
      }
      guard symbol <= 285 else { throw InflateFault() }
      let length = Self.lengthBases[symbol - 257] + (try take(Self.lengthBits[symbol - 257]))
      let code = try decode(distances)
      guard code < 30 else { throw InflateFault() }
      let distance = Self.distanceBases[code] + (try take(Self.distanceBits[code]))
      guard distance <= filled else { throw InflateFault() }
      for _ in 0..<length {
        window[filled] = window[filled - distance]
        filled += 1
      }
    }
  }

  /// The next symbol of a code.
  private mutating func decode(_ code: borrowing Huffman) throws(InflateFault) -> Int {
    refill()
    let (symbol, length) = code.symbol(in: bits)
    guard symbol >= 0, length <= bitCount else { throw InflateFault() }
    bits >>= UInt64(length)
    bitCount -= length
    return symbol
  }

  /// The next bits as a number, the first bit lowest.
  private mutating func take(_ count: Int) throws(InflateFault) -> Int {
    refill()
    guard count <= bitCount else { throw InflateFault() }
    let value = Int(truncatingIfNeeded: bits & ((1 << UInt64(count)) - 1))
    bits >>= UInt64(count)
    bitCount -= count
    return value
  }

  private mutating func refill() {
    guard bitCount < 32 else { return }
    while bitCount <= 48, position < end {
      bits |= UInt64(input[position]) << UInt64(bitCount)
      position += 1
      bitCount += 8
    }
  }

  private static let lengthOrder = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
  ]
  private static let lengthBases = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
    163, 195, 227, 258,
  ]
  private static let lengthBits = [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
  ]
  private static let distanceBases = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049,
    3073, 4097, 6145, 8193, 12289, 16385, 24577,
  ]
  private static let distanceBits = [
    0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13,
    13,
  ]
}

/// A canonical Huffman code (RFC 1951, 3.2.2).
private struct Huffman {
  /// By the next ten bits: length and symbol of a code that is no longer; else 0.
  private var fast = [UInt16](repeating: 0, count: 1 << Self.fastBits)
  /// How many codes there are of each length, and the symbols in the order of their codes.
  private var counts = [Int](repeating: 0, count: 16)
  private var symbols: [UInt16] = []

  private static let fastBits = 10

  package static let fixedLiterals = fixed(
    [UInt8](repeating: 8, count: 144) + [UInt8](repeating: 9, count: 112)
      + [UInt8](repeating: 7, count: 24) + [UInt8](repeating: 8, count: 8))
  package static let fixedDistances = fixed([UInt8](repeating: 5, count: 32))

  /// - Parameter lengths: bits of each symbol's code; 0 for a symbol without one.
  /// - Throws: if more codes are given than fit; if fewer, but for none and for a single short one.
  package init(_ lengths: [UInt8]) throws(InflateFault) {
    self.init(unchecked: lengths)
    var left = 1
    for length in 1...15 {
      left = left * 2 - counts[length]
      guard left >= 0 else { throw InflateFault() }
    }
    guard left == 0 || symbols.isEmpty || (symbols.count == 1 && counts[1] == 1) else {
      throw InflateFault()
    }
  }

  private static func fixed(_ lengths: [UInt8]) -> Huffman { Huffman(unchecked: lengths) }

  private init(unchecked lengths: [UInt8]) {
    for length in lengths where length > 0 { counts[Int(length)] += 1 }
    var first = [Int](repeating: 0, count: 17)
    var place = [Int](repeating: 0, count: 17)
    for length in 1...15 {
      first[length + 1] = (first[length] + counts[length]) << 1
      place[length + 1] = place[length] + counts[length]
    }
    symbols = [UInt16](repeating: 0, count: place[16])
    for (symbol, length) in lengths.enumerated() where length > 0 {
      let length = Int(length)
      symbols[place[length]] = UInt16(symbol)
      place[length] += 1
      let code = first[length]
      first[length] += 1
      guard length <= Self.fastBits else { continue }
      var index = Self.reversed(code, length)
      while index < fast.count {
        fast[index] = UInt16(length << 9 | symbol)
        index += 1 << length
      }
    }
  }

  /// The symbol whose code stands in the lowest bits, and the code's length; -1 if none does.
  package func symbol(in bits: UInt64) -> (symbol: Int, length: Int) {
    let entry = fast[Int(truncatingIfNeeded: bits) & ((1 << Self.fastBits) - 1)]
    if entry != 0 { return (Int(entry & 0x1FF), Int(entry >> 9)) }
    var (code, first, index) = (0, 0, 0)
    for length in 1...15 {
      code |= Int(truncatingIfNeeded: bits >> UInt64(length - 1)) & 1
      let count = counts[length]
      if code - first < count { return (Int(symbols[index + code - first]), length) }
      index += count
      first = (first + count) << 1
      code <<= 1
    }
    return (-1, 0)
  }

  /// The lowest bits in the opposite order: codes are packed from their highest bit on.
  private static func reversed(_ code: Int, _ length: Int) -> Int {
    var (code, reversed) = (code, 0)
    for _ in 0..<length {
      reversed = reversed << 1 | code & 1
      code >>= 1
    }
    return reversed
  }
}

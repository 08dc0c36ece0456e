// A number for each row of a form, in four bytes, and in pieces: one array of all would be copied
// whenever it grows, and take twice its room meanwhile.

struct RowNumbers {
  private static let shift = 14
  private var pieces: [[UInt32]] = []
  private(set) var count = 0
  /// What is too large for four bytes, by its place.
  private var large: [Int: Int] = [:]

  init() {}

  init(repeating number: Int, count: Int) {
    for _ in 0..<count { append(number) }
  }

  mutating func append(_ number: Int) {
    if count & (1 << Self.shift - 1) == 0 {
      pieces.append([])
      pieces[pieces.count - 1].reserveCapacity(1 << Self.shift)
    }
    pieces[pieces.count - 1].append(short(number, at: count))
    count += 1
  }

  subscript(place: Int) -> Int {
    get {
      let number = pieces[place >> Self.shift][place & (1 << Self.shift - 1)]
      return number == .max ? large[place] ?? 0 : Int(number)
    }
    set {
      let number = short(newValue, at: place)
      pieces[place >> Self.shift][place & (1 << Self.shift - 1)] = number
    }
  }

  private mutating func short(_ number: Int, at place: Int) -> UInt32 {
    if let short = UInt32(exactly: number), short != .max { return short }
    large[place] = number
    return .max
  }
}

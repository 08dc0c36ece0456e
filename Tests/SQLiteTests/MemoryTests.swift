// SQLite's memory, cut from blocks of our own (sqlite3_mem_methods).

import CSQLite
import Testing

/// A piece of memory, full of one byte.
private struct Piece {
  var address: UInt
  var bytes: Int
  var mark: UInt8

  var isWhole: Bool {
    guard let place = unsafe UnsafeRawPointer(bitPattern: address) else { return false }
    return unsafe UnsafeRawBufferPointer(start: place, count: bytes).allSatisfy { $0 == mark }
  }

  var isAsItShould: Bool {
    let place = unsafe UnsafeMutableRawPointer(bitPattern: address)
    return unsafe address % 8 == 0 && Int(iauth_size_of(place)) >= bytes
  }

  init(bytes: Int, mark: UInt8) {
    (address, self.bytes, self.mark) = unsafe (
      UInt(bitPattern: iauth_allocate(Int32(bytes))), bytes, mark
    )
    fill()
  }

  func fill() {
    guard let place = unsafe UnsafeMutableRawPointer(bitPattern: address) else { return }
    unsafe place.initializeMemory(as: UInt8.self, repeating: mark, count: bytes)
  }

  /// What stood there stands there still, as far as there is room.
  mutating func resize(to bytes: Int, mark: UInt8) -> Bool {
    let place = unsafe UnsafeMutableRawPointer(bitPattern: address)
    unsafe address = UInt(bitPattern: iauth_resize(place, Int32(bytes)))
    self.bytes = min(self.bytes, bytes)
    let hasKept = isWhole
    (self.bytes, self.mark) = (bytes, mark)
    fill()
    return hasKept
  }

  func giveBack() { unsafe iauth_give_back(UnsafeMutableRawPointer(bitPattern: address)) }
}

@Suite struct MemoryTests {
  /// Pieces of every size, made, resized and given back in any order, keep what stands in them, lie on
  /// eight bytes, and never lie in one another.
  @Test func piecesKeepWhatStandsInThem() throws {
    var dice: UInt64 = 7
    func roll(_ sides: Int) -> Int {
      dice = dice &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(dice >> 33) % sides
    }
    var pieces: [Piece] = []
    for turn in 0..<20_000 {
      let bytes = 1 + (roll(4) == 0 ? roll(5_000) : roll(1_100))
      let mark = UInt8(turn % 251)
      switch pieces.isEmpty ? 0 : roll(3) {
      case 0: pieces.append(Piece(bytes: bytes, mark: mark))
      case 1:
        let index = roll(pieces.count)
        try #require(pieces[index].isWhole)
        let hasKept = pieces[index].resize(to: bytes, mark: mark)
        try #require(hasKept)
      default:
        let piece = pieces.remove(at: roll(pieces.count))
        try #require(piece.isWhole)
        piece.giveBack()
      }
      if let last = pieces.last { try #require(last.isAsItShould) }
    }
    let areWhole = pieces.allSatisfy { $0.isWhole }
    #expect(areWhole)
    for piece in pieces { piece.giveBack() }
  }
}

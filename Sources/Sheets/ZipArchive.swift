// ZIP archives as workbooks use them: stored and deflated entries, sizes at the end or in front, in
// four bytes or eight (ZIP64). Everything an honest spreadsheet program does not write is refused
// before a byte is unpacked: encryption, several disks, overlapping entries, one name twice, sizes
// that disagree. Names of entries are only compared, never used as paths.

import Values

package struct ZipArchive {
  private struct Entry {
    package let data: Range<Int>
    package let isDeflated: Bool
    package let size: Int
    package let checksum: UInt32
  }

  private let bytes: [UInt8]
  private let entries: [String: Entry]

  /// Reads the directory.
  ///
  /// - Throws: `.sheetUnreadable`: what is not supported, or `damaged` naming the entry;
  ///   `.limitBytes` if it unpacks to more than a workbook may.
  package init(_ bytes: [UInt8]) throws(IAuthError) {
    self.bytes = bytes
    guard let (end, directory, count) = Self.directory(in: bytes), count <= Limits.archiveEntries
    else { throw .damaged("ZIP") }
    var position = directory
    var entries: [String: Entry] = [:]
    var extents: [Range<Int>] = []
    var unpacked = 0
    for _ in 0..<count {
      guard position + 46 <= end, bytes.number(4, at: position) == 0x0201_4B50 else {
        throw .damaged("ZIP")
      }
      let (nameLength, extra) = (
        bytes.number(2, at: position + 28), bytes.number(2, at: position + 30)
      )
      let next = position + 46 + nameLength + extra + bytes.number(2, at: position + 32)
      guard next <= end else { throw .damaged("ZIP") }
      let name = bytes[(position + 46)..<(position + 46 + nameLength)]
      let (entry, extent) = try Self.entry(
        at: position, name: name, extra: extra, in: bytes, before: directory)
      let key = Self.key(String(decoding: name, as: UTF8.self))
      guard entries.updateValue(entry, forKey: key) == nil else { throw .damaged(key) }
      extents.append(extent)
      guard entry.size <= Limits.workbookUnpackedBytes - unpacked else {
        throw .limitBytes(max: Limits.workbookUnpackedBytes)
      }
      unpacked += entry.size
      position = next
    }
    guard position == end else { throw .damaged("ZIP") }
    extents.sort { $0.lowerBound < $1.lowerBound }
    for (extent, next) in zip(extents, extents.dropFirst())
    where extent.upperBound > next.lowerBound {
      throw .damaged("ZIP")
    }
    self.entries = entries
  }

  package func contains(_ name: String) -> Bool { entries[Self.key(name)] != nil }

  /// The part with this name, to be unpacked.
  ///
  /// - Throws: `damaged` naming it if there is none.
  package func part(_ name: String) throws(IAuthError) -> ZipPart {
    guard let entry = entries[Self.key(name)] else { throw .damaged(name) }
    return ZipPart(
      name: name, bytes: bytes, data: entry.data, isDeflated: entry.isDeflated, size: entry.size,
      checksum: entry.checksum)
  }

  /// Part names compare without case (ECMA-376 part 2, 6.2.2.3); some programs of Windows write
  /// their own separator.
  private static func key(_ name: String) -> String {
    guard name.utf8.contains(UInt8(ascii: "\\")) else { return name.lowercased() }
    return name.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "/")
      .lowercased()
  }

  /// Where the directory begins and ends, and how many entries it says it has.
  private static func directory(in bytes: [UInt8]) -> (end: Int, start: Int, count: Int)? {
    guard let end = endOfDirectory(in: bytes) else { return nil }
    let isLocated = end >= 20 && bytes.number(4, at: end - 20) == 0x0706_4B50
    let (disk, here) = (bytes.number(2, at: end + 4), bytes.number(2, at: end + 8))
    var (count, size, start) = (
      bytes.number(2, at: end + 10), bytes.number(4, at: end + 12), bytes.number(4, at: end + 16)
    )
    var directoryEnd = end
    if isLocated {
      // The record of ZIP64 says what the older one has no room for.
      let record = bytes.number(8, at: end - 12)
      guard record >= 0, record <= end - 76, bytes.number(4, at: record) == 0x0606_4B50,
        bytes.number(8, at: record + 4) == end - 32 - record,
        bytes.number(4, at: record + 16) == 0, bytes.number(4, at: record + 20) == 0,
        bytes.number(8, at: record + 24) == bytes.number(8, at: record + 32),
        disk == 0 || disk == 0xFFFF, here == count
      else { return nil }
      let wide = (
        count: bytes.number(8, at: record + 32), size: bytes.number(8, at: record + 40),
        start: bytes.number(8, at: record + 48)
      )
      guard count == 0xFFFF || count == wide.count, size == 0xFFFF_FFFF || size == wide.size,
        start == 0xFFFF_FFFF || start == wide.start
      else { return nil }
      (count, size, start, directoryEnd) = (wide.count, wide.size, wide.start, record)
    } else {
      guard disk == 0, here == count else { return nil }
    }
    guard start >= 0, size >= 0, start <= directoryEnd, directoryEnd - start == size else {
      return nil
    }
    return (directoryEnd, start, count)
  }

  /// Where the end of central directory record begins: it must reach to the end of the file, but
  /// for the padding and line ends that mail gateways and document systems leave behind it.
  private static func endOfDirectory(in bytes: [UInt8]) -> Int? {
    guard bytes.count >= 22,
      let last = bytes.lastIndex(where: { ![0x00, 0x0A, 0x0D, 0x1A, 0x20].contains($0) })
    else { return nil }
    // The record itself may end with zeros.
    for position in stride(
      from: min(last, bytes.count - 22), through: max(0, last - 65_557), by: -1)
    where bytes[position] == 0x50 && bytes.number(4, at: position) == 0x0605_4B50 {
      let end = position + 22 + bytes.number(2, at: position + 20)
      if end > last, end <= bytes.count { return position }
    }
    return nil
  }

  /// An entry of the directory, checked against its local header; and all the bytes it covers.
  private static func entry(
    at position: Int, name: ArraySlice<UInt8>, extra: Int, in bytes: [UInt8], before directory: Int
  ) throws(IAuthError) -> (Entry, Range<Int>) {
    let flags = bytes.number(2, at: position + 8)
    let method = bytes.number(2, at: position + 10)
    let fault = IAuthError.damaged(key(String(decoding: name, as: UTF8.self)))
    // Bits 0, 6 and 13: encrypted, strongly, with its directory.
    guard flags & 0x2041 == 0 else { throw .unsupported("encrypted") }
    guard method == 0 || method == 8 else { throw .unsupported("ZIP method \(method)") }
    var numbers = [
      bytes.number(4, at: position + 24), bytes.number(4, at: position + 20),
      bytes.number(4, at: position + 42),
    ]
    guard bytes.widen(&numbers, in: name.endIndex..<(name.endIndex + extra)) else { throw fault }
    let (size, packed, local) = (numbers[0], numbers[1], numbers[2])
    guard size >= 0, packed >= 0, local >= 0, local <= directory - 30,
      bytes.number(4, at: local) == 0x0403_4B50
    else { throw fault }
    let nameEnd = local + 30 + bytes.number(2, at: local + 26)
    let start = nameEnd + bytes.number(2, at: local + 28)
    guard nameEnd <= start, start <= directory, packed <= directory - start,
      bytes[(local + 30)..<nameEnd] == name, bytes.number(2, at: local + 8) == method,
      bytes.number(2, at: local + 6) & 0x2041 == 0
    else { throw fault }
    // Bit 3: the local header was written before the sizes were known.
    let isStreamed = bytes.number(2, at: local + 6) & 8 != 0
    var sizes = [bytes.number(4, at: local + 22), bytes.number(4, at: local + 18)]
    if !isStreamed {
      guard bytes.widen(&sizes, in: nameEnd..<start), sizes == [size, packed] else { throw fault }
    }
    guard method == 8 || packed == size else { throw fault }
    let checksum = UInt32(truncatingIfNeeded: bytes.number(4, at: position + 16))
    let data = start..<(start + packed)
    let entry = Entry(data: data, isDeflated: method == 8, size: size, checksum: checksum)
    return (entry, local..<data.upperBound)
  }
}

/// One entry, unpacked a piece at a time, and never more than its declared size.
package struct ZipPart {
  package let name: String
  private let bytes: [UInt8]
  private var data: Range<Int>
  private var inflater: Inflater?
  private var left: Int
  private var checksum = CRC32()
  private let expected: UInt32?

  package init(
    name: String, bytes: [UInt8], data: Range<Int>, isDeflated: Bool, size: Int, checksum: UInt32
  ) {
    self.name = name
    self.bytes = bytes
    self.data = data
    inflater = isDeflated ? Inflater(bytes, range: data) : nil
    left = size
    expected = checksum
  }

  /// Bytes that are not packed at all, for tests and fuzzing of what reads them.
  package init(name: String, plain bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
    data = 0..<bytes.count
    left = bytes.count
    expected = nil
  }

  /// The next piece; empty after the last one.
  ///
  /// - Throws: `damaged` if the data are, give more or less than declared, or another checksum.
  package mutating func next() throws(IAuthError) -> [UInt8] {
    let piece: [UInt8]
    do throws(InflateFault) {
      piece = try inflater?.next() ?? Array(bytes[data.prefix(65_536)])
    } catch {
      throw .damaged(name)
    }
    if inflater == nil { data = data.dropFirst(65_536) }
    guard piece.count <= left else { throw .damaged(name) }
    left -= piece.count
    guard let expected else { return piece }
    checksum.update(piece)
    guard !piece.isEmpty || (left == 0 && checksum.value == expected) else { throw .damaged(name) }
    return piece
  }

  /// All of it, for the small parts.
  package mutating func whole() throws(IAuthError) -> [UInt8] {
    var whole: [UInt8] = []
    while true {
      let piece = try next()
      guard !piece.isEmpty else { return whole }
      whole += piece
    }
  }
}

extension IAuthError {
  package static func damaged(_ part: String) -> IAuthError { .sheetUnreadable(.damaged(part)) }
  package static func unsupported(_ what: String) -> IAuthError {
    .sheetUnreadable(.unsupported(what))
  }
}

extension [UInt8] {
  /// A little-endian number of up to eight bytes; negative if it is larger than any file.
  fileprivate func number(_ width: Int, at position: Int) -> Int {
    var number: UInt64 = 0
    for index in (0..<width).reversed() { number = number << 8 | UInt64(self[position + index]) }
    return Int(truncatingIfNeeded: number)
  }

  /// Puts the numbers that did not fit into four bytes in the place of 0xFFFFFFFF, from an entry's
  /// extra field (APPNOTE 4.5.3).
  ///
  /// - Returns: false if they are not there.
  fileprivate func widen(_ numbers: inout [Int], in extra: Range<Int>) -> Bool {
    guard numbers.contains(0xFFFF_FFFF) else { return true }
    var position = extra.lowerBound
    while position + 4 <= extra.upperBound {
      let end = position + 4 + number(2, at: position + 2)
      guard end <= extra.upperBound else { return false }
      guard number(2, at: position) == 1 else {
        position = end
        continue
      }
      position += 4
      for index in numbers.indices where numbers[index] == 0xFFFF_FFFF {
        guard position + 8 <= end else { return false }
        numbers[index] = number(8, at: position)
        position += 8
      }
      return true
    }
    return false
  }
}

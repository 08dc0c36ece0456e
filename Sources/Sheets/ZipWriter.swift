// A ZIP archive of stored entries, all dated 1980-01-01: enough for the workbooks that iauth
// writes, and the same bytes for the same contents.

import Values

package struct ZipWriter {
  private var bytes: [UInt8] = []
  private var directory: [UInt8] = []
  private var count = 0

  package mutating func add(_ name: String, _ data: [UInt8]) {
    var checksum = CRC32()
    checksum.update(data)
    // Version 2.0, no flags, stored, midnight of the first day of ZIP.
    var common: [UInt8] = []
    common.append(numbers: [(20, 2), (0, 2), (0, 2), (0, 2), (0x21, 2), (Int(checksum.value), 4)])
    common.append(numbers: [(data.count, 4), (data.count, 4), (name.utf8.count, 2), (0, 2)])
    directory.append(numbers: [(0x0201_4B50, 4), (20, 2)])
    directory += common
    directory.append(numbers: [(0, 2), (0, 2), (0, 2), (0, 4), (bytes.count, 4)])
    directory += name.utf8
    bytes.append(numbers: [(0x0403_4B50, 4)])
    bytes += common
    bytes += name.utf8
    bytes += data
    count += 1
  }

  package consuming func finish() -> [UInt8] {
    let start = bytes.count
    bytes += directory
    bytes.append(numbers: [(0x0605_4B50, 4), (0, 4), (count, 2), (count, 2)])
    bytes.append(numbers: [(directory.count, 4), (start, 4), (0, 2)])
    return bytes
  }
}

extension [UInt8] {
  /// Appends little-endian numbers, each with its width in bytes.
  fileprivate mutating func append(numbers: [(value: Int, width: Int)]) {
    for (value, width) in numbers {
      for index in 0..<width { append(UInt8(truncatingIfNeeded: value >> (index * 8))) }
    }
  }
}

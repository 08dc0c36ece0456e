// Archives: what Python's zipfile writes in every way is read; lies about sizes, places and names
// are refused before anything is unpacked.

import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

/// A stored archive of two parts, for changing bytes in: `a` holds "hello", `b` holds "world".
private let small: [UInt8] = {
  var zip = ZipWriter()
  zip.add("a", Array("hello".utf8))
  zip.add("b", Array("world".utf8))
  return zip.finish()
}()

/// Where things stand in `small`: local headers at 0 and 36, the directory at 72 and 119, its end
/// at 166.
private let (second, directory, entry, end) = (36, 72, 119, 166)

private func contents(_ bytes: [UInt8], _ name: String) throws(IAuthError) -> [UInt8] {
  var part = try ZipArchive(bytes).part(name)
  return try part.whole()
}

/// `small` with bytes changed at places.
private func changed(_ changes: [Int: [UInt8]]) -> [UInt8] {
  var bytes = small
  for (place, new) in changes { bytes.replaceSubrange(place..<(place + new.count), with: new) }
  return bytes
}

@Suite struct ZipArchiveTests {
  @Test func storedPartsAreRead() throws {
    #expect(try contents(small, "a") == Array("hello".utf8))
    #expect(try contents(small, "B") == Array("world".utf8))
    #expect(throws: IAuthError.damaged("c")) { try contents(small, "c") }
  }

  @Test(
    arguments: [
      // Encrypted, by either header, and with its directory encrypted.
      ([directory + 8: [1, 0]], "encrypted"), ([directory + 8: [0, 0x20]], "encrypted"),
      ([directory + 10: [9, 0]], "ZIP method 9"),
    ] as [([Int: [UInt8]], String)])
  func whatIsNotSupportedIsNamed(changes: [Int: [UInt8]], what: String) {
    #expect(throws: IAuthError.unsupported(what)) { try contents(changed(changes), "a") }
  }

  @Test(
    arguments: [
      // The directory: number of entries, size, place, disks, a comment that is not there.
      ([end + 10: [1, 0]], "ZIP"), ([end + 8: [3, 0], end + 10: [3, 0]], "ZIP"),
      ([end + 12: [93]], "ZIP"),
      ([end + 16: [71]], "ZIP"), ([end + 4: [1]], "ZIP"), ([end + 20: [1]], "ZIP"),
      ([end: [0]], "ZIP"),
      ([directory: [0]], "ZIP"), ([directory + 28: [200, 1]], "ZIP"), ([entry + 28: [0]], ""),
      // The second entry on the first one's data, and at the same place.
      ([entry + 42: [0], entry + 46: [0x61]], "a"), ([entry + 42: [30]], "b"),
      ([entry + 42: [72]], "b"), ([entry + 42: [255, 255, 255, 127]], "b"),
      // One name twice, also in other case; another name in the local header.
      ([entry + 46: [0x61], second + 30: [0x61]], "a"),
      ([entry + 46: [0x41], second + 30: [0x41]], "a"),
      ([second + 30: [0x63]], "b"),
      // Sizes and places of ZIP64, which is not there.
      ([directory + 24: [255, 255, 255, 255]], "a"), ([18: [255, 255, 255, 255]], "a"),
      ([end + 16: [255, 255, 255, 255]], "ZIP"), ([end + 10: [255, 255]], "ZIP"),
      // Sizes that disagree with the local header, with each other, or with the file.
      ([directory + 24: [6]], "a"), ([directory + 20: [6]], "a"), ([directory + 20: [4]], "a"),
      ([18: [6], 22: [6], directory + 20: [6], directory + 24: [6]], "ZIP"),
      ([second + 18: [200], entry + 20: [200], second + 22: [200], entry + 24: [200]], "b"),
      ([6: [1]], "a"), ([8: [8]], "a"), ([0: [0]], "a"),
      // The data: another byte, another checksum.
      ([31: [0]], "a"), ([directory + 16: [0]], "a"),
      // Not DEFLATE, though both headers say so.
      ([8: [8], directory + 10: [8]], "a"),
    ] as [([Int: [UInt8]], String)])
  func liesAreDamage(changes: [Int: [UInt8]], part: String) {
    #expect(throws: IAuthError.damaged(part)) {
      _ = try contents(changed(changes), "a")
      _ = try contents(changed(changes), "b")
    }
  }

  @Test func overlapsAreDamage() {
    // The first part's data reach over the second's local header.
    let size: [UInt8] = [36]
    let bytes = changed([18: size, 22: size, directory + 20: size, directory + 24: size])
    #expect(throws: IAuthError.damaged("ZIP")) { try contents(bytes, "b") }
  }

  @Test func everythingBeforeTheDirectoryMayNotBeMissing() throws {
    for length in small.indices {
      #expect(throws: IAuthError.self) { try contents(Array(small[..<length]), "a") }
    }
    #expect(throws: IAuthError.self) { try contents(small + [1], "a") }
    // Padding and line ends behind it are nobody's content.
    let padded = small + [13, 10, 0, 0, 0]
    #expect(try contents(padded, "a") == Array("hello".utf8))
    #expect(throws: IAuthError.self) { try contents([0] + small, "a") }
  }

  @Test(.enabled(if: hasPython), arguments: ["0", "1", "6", "9", "stream", "comment", "zip64"])
  func whatZipfileWritesIsRead(way: String) throws {
    let program = """
      import io, sys, zipfile
      way, out = sys.argv[1], io.BytesIO()
      class Stream(io.RawIOBase):
          def write(self, data): return out.write(data)
          def writable(self): return True
      level = int(way) if way.isdigit() else 6
      method = zipfile.ZIP_DEFLATED if level else zipfile.ZIP_STORED
      file = Stream() if way == 'stream' else out
      with zipfile.ZipFile(file, 'w', method, compresslevel=level) as z:
          z.writestr('long', '機關'.encode() * 100_000)
          z.writestr('empty', b'')
          if way == 'zip64':
              with z.open('wide', 'w', force_zip64=True) as part: part.write(b'x' * 70_000)
          if way == 'comment': z.comment = b'PK\\5\\6' * 9
      sys.stdout.buffer.write(out.getvalue())
      """
    let bytes = try python(program, [way])
    #expect(try contents(bytes, "long") == Array(String(repeating: "機關", count: 100_000).utf8))
    #expect(try contents(bytes, "empty").isEmpty)
  }

  @Test(
    .enabled(if: hasPython),
    arguments: [
      ("honest", IAuthError.limitBytes(max: Limits.workbookUnpackedBytes)),
      ("lying", .damaged("content.xml")), ("many", .limitBytes(max: Limits.workbookUnpackedBytes)),
      ("entries", .damaged("ZIP")),
    ])
  func bombsAreRefused(kind: String, error: IAuthError) throws {
    let program = """
      import io, struct, sys, zipfile
      kind, out = sys.argv[1], io.BytesIO()
      with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as z:
          z.writestr('mimetype', b'application/vnd.oasis.opendocument.spreadsheet')
          if kind == 'many':
              for n in range(65): z.writestr(str(n), bytes(1 << 20))
          if kind == 'entries':
              for n in range(1001): z.writestr(str(n), b'')
          with z.open('content.xml', 'w') as part:
              part.write(b'<a>' + b' ' * (100 << 20 if kind == 'honest' else 30 << 20))
      data = bytearray(out.getvalue())
      if kind == 'lying':
          local = data.index(b'content.xml') - 30
          entry = data.rindex(b'content.xml') - 46
          data[local + 22:local + 26] = data[entry + 24:entry + 28] = struct.pack('<I', 4000)
      sys.stdout.buffer.write(data)
      """
    let bytes = try python(program, [kind])
    #expect(throws: error) { try formRows(bytes) }
  }
}

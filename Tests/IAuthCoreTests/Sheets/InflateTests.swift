// DEFLATE and CRC-32 against published vectors, and against the real zlib where Python is at hand.

import Foundation
import Testing

@testable import IAuthCore
@testable import Sheets
@testable import Values

/// All that a compressed stream gives.
private func inflated(_ bytes: [UInt8]) throws(InflateFault) -> [UInt8] {
  var inflater = Inflater(bytes, range: 0..<bytes.count)
  var whole: [UInt8] = []
  while true {
    let piece = try inflater.next()
    guard !piece.isEmpty else { return whole }
    whole += piece
  }
}

private func bytes(hex: String) -> [UInt8] {
  let digits = Array(hex.utf8).map { UInt8($0 < 0x40 ? $0 - 0x30 : $0 - 0x57) }
  return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

private func checksum(_ bytes: [UInt8]) -> UInt32 {
  var checksum = CRC32()
  checksum.update(bytes)
  return checksum.value
}

/// Whether Python is there, with its zlib.
let hasPython = FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")

/// Whether Python is there with openpyxl.
let hasOpenpyxl =
  hasPython
  && (try? python("import importlib.util as u; print(u.find_spec('openpyxl') is not None)"))
    == Array("True\n".utf8)

/// What a Python program writes to its standard output.
func python(_ program: String, _ arguments: [String] = []) throws -> [UInt8] {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
  process.arguments = ["-c", program] + arguments
  let pipe = Pipe()
  process.standardOutput = pipe
  try process.run()
  let output = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  #expect(process.terminationStatus == 0)
  return [UInt8](output)
}

@Suite struct InflateTests {
  // The vectors of zlib's test/infcover.c; sizes and checksums are zlib's own.
  @Test(
    arguments: [
      ("0300", 0, 0), ("010100feff00", 1, 0xD202_EF8D), ("05c0210d00000080b0fe6d2f916c", 0, 0),
      ("05e0819124cbb22c49e20f2e8b9a47569ffbfeecd2ff1f", 0, 0), ("02082080000300", 0, 0),
      ("edc001010000004020ff571b422c4f", 516, 0xAC72_7B17), ("631805400c00", 262, 0xB8EA_39F0),
      ("edcfc1b12c4710c430fa6f351d0182593dfbbe2e2afc0f0c", 518, 0x838D_92AF),
      (
        "edc0810000000080a0fda917a9" + String(repeating: "0", count: 60) + "06", 30_961, 0x5578_7D32
      ),
    ] as [(String, Int, UInt32)])
  func publishedStreams(hex: String, size: Int, crc: UInt32) throws {
    let whole = try inflated(bytes(hex: hex))
    #expect(whole.count == size)
    #expect(checksum(whole) == crc)
  }

  @Test(arguments: [
    "0000000000", "06", "fc0000", "0400feff", "0400244900", "040024e9ffff", "040024e9ff6d",
    "048049922449922471ffff931100", "04804992244992240fb4ffffc384",
    "04c0810800000000207feb0b0000", "027effff", "0cc081000000000090ff6b0400", "", "01", "0101",
    "010100feff", "63",
  ])
  func publishedFaults(hex: String) {
    #expect(throws: InflateFault.self) { try inflated(bytes(hex: hex)) }
  }

  @Test func checkValueOfCRC32() {
    #expect(checksum(Array("123456789".utf8)) == 0xCBF4_3926)
  }

  @Test(.enabled(if: hasPython), arguments: 0...9)
  func everyLevelOfZlib(level: Int) throws {
    // Text, noise, and long runs, so that all kinds of blocks come up; twice the window.
    let program = """
      import random, sys, zlib
      random.seed(int(sys.argv[1]))
      data = b''.join(
          random.choice([bytes(random.randrange(300)), random.randbytes(random.randrange(200)),
                         '機關管理者'.encode() * random.randrange(99), b'abc' * random.randrange(200)])
          for _ in range(900))
      sys.stdout.buffer.write(len(data).to_bytes(4, 'little') + data)
      packer = zlib.compressobj(int(sys.argv[1]), zlib.DEFLATED, -15)
      sys.stdout.buffer.write(packer.compress(data) + packer.flush())
      """
    let output = try python(program, [String(level)])
    let size = output[..<4].reversed().reduce(0) { $0 << 8 | Int($1) }
    let data = Array(output[4..<(4 + size)])
    let packed = Array(output[(4 + size)...])
    #expect(try inflated(packed) == data)
    for length in stride(from: 0, to: packed.count, by: 997) {
      #expect(throws: InflateFault.self) { try inflated(Array(packed[..<length])) }
    }
  }
}

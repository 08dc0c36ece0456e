// SHA-256 (FIPS 180-4) and HMAC (RFC 2104): the standard library has neither, and a library for two
// functions would be the largest part of the program. By the processor's instructions where it has
// them, else in plain Swift. Everything is of fixed size, so a short input costs one block.

import CSHA256

/// SHA-256 of bytes that may arrive in pieces.
package struct SHA256: Sendable {
  package static let length = 32

  private static let start: [8 of UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a,
    0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]
  private var state = start
  private var buffer: [64 of UInt8] = .init(repeating: 0)
  private var buffered = 0
  private var total: UInt64 = 0
  private let usesInstructions: Bool

  /// Whether the processor has instructions for SHA-256.
  package static let hasInstructions = iauth_has_sha() != 0

  /// - Parameter usesInstructions: false for plain Swift, whatever the processor has.
  package init(usesInstructions: Bool = hasInstructions) {
    self.usesInstructions = usesInstructions
  }

  package static func hash(_ bytes: [UInt8]) -> [UInt8] {
    var hash = SHA256()
    hash.update(bytes)
    return hash.finish()
  }

  package mutating func update(_ bytes: [UInt8]) {
    update(bytes.span)
  }

  package mutating func update(_ bytes: Span<UInt8>) {
    total &+= UInt64(bytes.count)
    var next = 0
    if buffered > 0 {
      next = fill(from: bytes, at: 0)
      guard buffered == 64 else { return }
      add(1, of: buffer.span, at: 0, to: &state)
    }
    let blocks = (bytes.count - next) / 64
    add(blocks, of: bytes, at: next, to: &state)
    next += 64 * blocks
    buffered = 0
    _ = fill(from: bytes, at: next)
  }

  /// The 32 bytes of the hash of what has been added; more may follow.
  package func finish() -> [UInt8] {
    var state = state
    var block = buffer
    block[buffered] = 0x80
    for i in (buffered + 1)..<64 { block[i] = 0 }
    if buffered >= 56 {
      add(1, of: block.span, at: 0, to: &state)
      block = .init(repeating: 0)
    }
    for i in 0..<8 {
      block[56 + i] = UInt8(truncatingIfNeeded: (total &* 8) >> UInt64(56 - 8 * i))
    }
    add(1, of: block.span, at: 0, to: &state)
    var hash: [UInt8] = []
    hash.reserveCapacity(Self.length)
    for i in 0..<8 {
      for shift in stride(from: UInt32(24), through: 0, by: -8) {
        hash.append(UInt8(truncatingIfNeeded: state[i] >> shift))
      }
    }
    return hash
  }

  /// Copies bytes into the buffer until it is full or they end; says where the copying ended.
  private mutating func fill(from bytes: Span<UInt8>, at start: Int) -> Int {
    let count = min(64 - buffered, bytes.count - start)
    for i in 0..<count { buffer[buffered + i] = bytes[start + i] }
    buffered += count
    return start + count
  }

  /// Adds whole blocks of 64 bytes.
  private func add(
    _ blocks: Int, of bytes: Span<UInt8>, at start: Int, to state: inout [8 of UInt32]
  ) {
    guard usesInstructions else {
      for block in 0..<blocks { Self.compress(&state, bytes, at: start + 64 * block) }
      return
    }
    guard blocks > 0 else { return }
    let whole = bytes.extracting(start..<start + 64 * blocks)
    var words = state.mutableSpan
    unsafe words.withUnsafeMutableBufferPointer { words in
      unsafe whole.withUnsafeBufferPointer { whole in
        unsafe Self.constants.span.withUnsafeBufferPointer { constants in
          unsafe iauth_sha256(words.baseAddress, whole.baseAddress, blocks, constants.baseAddress)
        }
      }
    }
  }

  /// One round of section 6.2.2; the caller turns the names instead of moving the values.
  @inline(__always)
  private static func round(
    _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: inout UInt32, _ e: UInt32, _ f: UInt32,
    _ g: UInt32, _ h: inout UInt32, _ kw: UInt32
  ) {
    let t = h &+ (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) &+ (g ^ (e & (f ^ g))) &+ kw
    d = d &+ t
    h = t &+ (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) &+ ((a & b) | (c & (a | b)))
  }

  @inline(__always)
  private static func rotate(_ x: UInt32, _ n: UInt32) -> UInt32 { x &>> n | x &<< (32 &- n) }

  private static func compress(
    _ state: inout [8 of UInt32], _ bytes: Span<UInt8>, at start: Int
  ) {
    var w: [64 of UInt32] = .init(repeating: 0)
    for i in 0..<16 {
      let at = start &+ 4 &* i
      w[i] =
        UInt32(bytes[at]) &<< 24 | UInt32(bytes[at &+ 1]) &<< 16
        | UInt32(bytes[at &+ 2]) &<< 8 | UInt32(bytes[at &+ 3])
    }
    for i in 16..<64 {
      let (x, y) = (w[i &- 15], w[i &- 2])
      let s0 = rotate(x, 7) ^ rotate(x, 18) ^ x &>> 3
      let s1 = rotate(y, 17) ^ rotate(y, 19) ^ y &>> 10
      w[i] = w[i &- 16] &+ s0 &+ w[i &- 7] &+ s1
    }
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    let k = constants
    var i = 0
    while i < 64 {
      round(a, b, c, &d, e, f, g, &h, k[i] &+ w[i])
      round(h, a, b, &c, d, e, f, &g, k[i &+ 1] &+ w[i &+ 1])
      round(g, h, a, &b, c, d, e, &f, k[i &+ 2] &+ w[i &+ 2])
      round(f, g, h, &a, b, c, d, &e, k[i &+ 3] &+ w[i &+ 3])
      round(e, f, g, &h, a, b, c, &d, k[i &+ 4] &+ w[i &+ 4])
      round(d, e, f, &g, h, a, b, &c, k[i &+ 5] &+ w[i &+ 5])
      round(c, d, e, &f, g, h, a, &b, k[i &+ 6] &+ w[i &+ 6])
      round(b, c, d, &e, f, g, h, &a, k[i &+ 7] &+ w[i &+ 7])
      i &+= 8
    }
    state[0] &+= a
    state[1] &+= b
    state[2] &+= c
    state[3] &+= d
    state[4] &+= e
    state[5] &+= f
    state[6] &+= g
    state[7] &+= h
  }

  /// The cube roots of the first 64 primes; section 4.2.2.
  private static let constants: [64 of UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4,
    0xab1c_5ed5, 0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe,
    0x9bdc_06a7, 0xc19b_f174, 0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f,
    0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da, 0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7,
    0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967, 0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc,
    0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85, 0xa2bf_e8a1, 0xa81a_664b,
    0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070, 0x19a4_c116,
    0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7,
    0xc671_78f2,
  ]
}

// MARK: Many messages

extension SHA256 {
  /// Hashes messages that are padded already.
  static func hashEach(
    _ bytes: UnsafePointer<UInt8>, _ blocks: [UInt32], into hashes: UnsafeMutablePointer<UInt8>
  ) {
    unsafe start.span.withUnsafeBufferPointer { start in
      unsafe constants.span.withUnsafeBufferPointer { constants in
        unsafe iauth_sha256_each(
          bytes, blocks, blocks.count, start.baseAddress, constants.baseAddress, hashes)
      }
    }
  }

  /// The same in plain Swift.
  static func hashEachPlainly(
    _ bytes: UnsafePointer<UInt8>, _ blocks: [UInt32], into hashes: UnsafeMutablePointer<UInt8>
  ) {
    var message = unsafe bytes
    for (index, count) in blocks.enumerated() {
      let length = 64 * Int(count)
      let span = unsafe Span(_unsafeStart: message, count: length)
      var state = start
      for block in 0..<Int(count) { compress(&state, span, at: 64 * block) }
      for word in 0..<8 {
        unsafe UnsafeMutableRawPointer(hashes + 32 * index + 4 * word).storeBytes(
          of: state[word].bigEndian, as: UInt32.self)
      }
      unsafe message += length
    }
  }
}

package enum HMACSHA256 {
  /// The 32 bytes of HMAC-SHA-256 (RFC 2104, FIPS 198-1) under a key of any length.
  package static func code(key: [UInt8], message: [UInt8]) -> [UInt8] {
    var pad = key.count > 64 ? SHA256.hash(key) : key
    pad.append(contentsOf: repeatElement(0, count: 64 - pad.count))
    var inner = SHA256()
    inner.update(pad.map { $0 ^ 0x36 })
    inner.update(message)
    var outer = SHA256()
    outer.update(pad.map { $0 ^ 0x5C })
    outer.update(inner.finish())
    return outer.finish()
  }
}

/// Whether two secrets are equal, in a time that depends on their lengths only.
package func constantTimeEquals(_ a: [UInt8], _ b: [UInt8]) -> Bool {
  guard a.count == b.count else { return false }
  var difference: UInt8 = 0
  for i in a.indices { difference |= a[i] ^ b[i] }
  return difference == 0
}

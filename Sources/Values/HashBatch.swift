// Many short messages hashed together. By the processor's instructions two at a time, since the rounds of
// one wait for each other half of the time; and without an array for each message or hash.

import CSHA256

/// Messages that wait to be hashed, in one buffer.
@safe package struct HashBatch: ~Copyable {
  private var bytes: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  /// The messages' bytes, padded to whole blocks.
  package private(set) var count = 0
  /// How many blocks each message has.
  private var blocks: [UInt32] = []
  private let usesInstructions: Bool

  /// - Parameter usesInstructions: false for plain Swift, whatever the processor has.
  package init(usesInstructions: Bool = SHA256.hasInstructions) {
    capacity = 1 << 16
    unsafe bytes = .allocate(capacity: capacity)
    self.usesInstructions = usesInstructions
  }

  deinit {
    unsafe bytes.deallocate()
  }

  /// Adds the message that `write` puts into its room; it returns how long that is.
  package mutating func add(room: Int, _ write: (UnsafeMutablePointer<UInt8>) -> Int) {
    let most = count + room + 72
    if most > capacity { grow(to: most) }
    let start = unsafe bytes + count
    let length = unsafe write(start)
    precondition(length <= room)
    let whole = (length + 9 + 63) / 64 * 64
    unsafe start[length] = 0x80
    unsafe (start + length + 1).update(repeating: 0, count: whole - length - 9)
    let bits = UInt64(length) &* 8
    unsafe UnsafeMutableRawPointer(start + whole - 8).storeBytes(
      of: bits.bigEndian, as: UInt64.self)
    blocks.append(UInt32(whole / 64))
    count += whole
  }

  private mutating func grow(to most: Int) {
    let larger = max(most, 2 * capacity)
    let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    unsafe moved.update(from: bytes, count: count)
    unsafe bytes.deallocate()
    unsafe bytes = moved
    capacity = larger
  }

  /// Puts the hashes of all messages into `hashes`, one after the other, and lets the messages go.
  package mutating func hash(into hashes: inout [UInt8]) {
    let length = SHA256.length * blocks.count
    if hashes.count != length { hashes = [UInt8](repeating: 0, count: length) }
    let start = unsafe bytes
    let blocks = blocks
    unsafe hashes.withUnsafeMutableBufferPointer { hashes in
      guard let into = hashes.baseAddress else { return }
      if usesInstructions {
        unsafe SHA256.hashEach(start, blocks, into: into)
      } else {
        unsafe SHA256.hashEachPlainly(start, blocks, into: into)
      }
    }
    count = 0
    self.blocks.removeAll(keepingCapacity: true)
  }
}

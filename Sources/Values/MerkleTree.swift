// The Merkle tree of RFC 9162, section 2.1: hashes of leaves and nodes, roots, and the paths that
// prove that a leaf is in a tree and that a tree grew out of another one. Whoever calls gives the
// roots of ranges, so that nothing here knows where leaves are kept.

package enum MerkleTree {
  /// The root of a tree without leaves.
  package static var empty: [UInt8] { SHA256.hash([]) }

  /// The hash of one leaf.
  package static func leaf(_ data: [UInt8]) -> [UInt8] { SHA256.hash([0x00] + data) }

  /// Which ranges of leaves prove that leaf `index` is one of the first `size`, nearest first.
  ///
  /// Section 2.1.3.1.
  package static func inclusionRanges(of index: Int64, in size: Int64) -> [Range<Int64>] {
    var ranges: [Range<Int64>] = []
    var (start, end) = (Int64(0), size)
    while end - start > 1 {
      let middle = start + split(end - start)
      if index < middle {
        ranges.append(middle..<end)
        end = middle
      } else {
        ranges.append(start..<middle)
        start = middle
      }
    }
    return ranges.reversed()
  }

  /// Which ranges of leaves prove that the first `size` leaves grew out of the first `old`.
  ///
  /// Section 2.1.4.1; none for the same tree, or for one without leaves.
  package static func consistencyRanges(from old: Int64, to size: Int64) -> [Range<Int64>] {
    guard 0 < old, old < size else { return [] }
    var ranges: [Range<Int64>] = []
    var (start, end) = (Int64(0), size)
    // Whether the old tree's own root is at hand, so that it need not be given.
    var isRootKnown = true
    while old != end {
      let middle = start + split(end - start)
      if old <= middle {
        ranges.append(middle..<end)
        end = middle
      } else {
        ranges.append(start..<middle)
        start = middle
        isRootKnown = false
      }
    }
    if !isRootKnown { ranges.append(start..<end) }
    return ranges.reversed()
  }

  /// The largest power of two below `count`, which is at least two.
  private static func split(_ count: Int64) -> Int64 {
    1 << Int64(63 - (count - 1).leadingZeroBitCount)
  }
}

/// The root of leaves that come one after the other, in room for one hash a level.
///
/// The first leaf stands where a whole subtree of all may begin.
package struct MerkleFold: Sendable {
  /// Roots of whole subtrees, each larger than the next, one after the other.
  private var hashes: [UInt8] = []
  private var sizes: [Int64] = []
  private var pair: [UInt8] = [0x01]

  package init() {}

  package var isEmpty: Bool { sizes.isEmpty }

  /// Adds the root of a whole subtree of `size` leaves.
  package mutating func add(_ hash: some Collection<UInt8>, size: Int64 = 1) {
    hashes.append(contentsOf: hash)
    sizes.append(size)
    while sizes.count > 1, sizes[sizes.count - 1] == sizes[sizes.count - 2] {
      join()
      sizes.removeLast()
      sizes[sizes.count - 1] *= 2
    }
  }

  /// The root of everything added.
  package func root() -> [UInt8] {
    guard !isEmpty else { return MerkleTree.empty }
    var rest = self
    for _ in 1..<max(sizes.count, 1) { rest.join() }
    return rest.hashes
  }

  /// The leaves of `other` after one's own.
  package func followed(by other: MerkleFold) -> MerkleFold {
    var all = self
    for (index, size) in other.sizes.enumerated() {
      all.add(other.hashes[32 * index..<32 * index + 32], size: size)
    }
    return all
  }

  package mutating func removeAll() {
    hashes.removeAll(keepingCapacity: true)
    sizes.removeAll(keepingCapacity: true)
  }

  /// Makes one hash of the last two.
  private mutating func join() {
    pair.replaceSubrange(1..., with: hashes.suffix(64))
    hashes.removeLast(64)
    hashes.append(contentsOf: SHA256.hash(pair))
  }
}

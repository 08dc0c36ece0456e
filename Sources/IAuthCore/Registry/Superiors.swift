// Which agency stands above another, where no list says so (PRODUCT 3.1). In most rows it is the
// parent OID; bodies of a locality lie in a branch of their own, below an arc that is no agency.
// Pure, over the codes of the registry: stored at load, never asked for at run time.

import Sheets
import Values

package struct Superiors {
  private let listed: [[UInt32]: AgencyCode]

  /// - Parameter codes: the agencies of the registry; only they can be superiors.
  package init(of codes: some Sequence<AgencyCode>) {
    var listed: [[UInt32]: AgencyCode] = [:]
    for code in codes where code.type == .oid { listed[code.arcs] = code }
    self.listed = listed
  }

  /// The agency above: the nearest listed OID, or else a locality's executive.
  ///
  /// For a body of a locality it is that locality's executive; for the executive itself, that of
  /// the locality around it; for a county's or city's, 行政院. Nil where none of them is listed.
  package func superior(of code: AgencyCode) -> AgencyCode? {
    var above = code.arcs[...]
    while above.count > AgencyCode.root.count + 1 {
      above = above.dropLast()
      if let superior = listed[Array(above)] { return superior }
    }
    let locality = code.arcs.dropFirst(AgencyCode.root.count).prefix { $0 >= Self.localities }
    guard !locality.isEmpty else { return nil }
    for depth in stride(from: locality.count, to: 0, by: -1) {
      let executive = AgencyCode.root + locality.prefix(depth) + [Self.executive]
      if executive != code.arcs, let superior = listed[executive] { return superior }
    }
    return listed[Self.executiveYuan]
  }

  /// Arcs from here on are localities (縣市, 鄉鎮市區) and never agencies themselves.
  private static let localities: UInt32 = 90_001
  /// Below a locality: the executive (縣市政府, 鄉鎮市公所); 20001 is the council.
  private static let executive: UInt32 = 20_002
  /// 行政院.
  private static let executiveYuan = AgencyCode.root + [20_003]
}

// Stands in for IAuthCore's own until that is merged; then this file goes.

extension Unicode.Scalar {
  var isHostile: Bool {
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator:
      true
    default: false
    }
  }
}

// What the operator says of the service to everybody who is written to (PRODUCT 4.3).

/// What `service-name`, `service-host` and `help-contact` say.
package struct Letterhead: Sendable, Equatable {
  package var name: String?
  package var host: String?
  package var contact: String?

  package static let plain = Letterhead()

  package init(name: String? = nil, host: String? = nil, contact: String? = nil) {
    (self.name, self.host, self.contact) = (name, host, contact)
  }
}

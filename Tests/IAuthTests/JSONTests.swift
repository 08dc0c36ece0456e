import Testing

@testable import iauth

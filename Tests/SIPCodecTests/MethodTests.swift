import SIPCodec
import Testing

@Suite struct MethodTests {
    @Test func `A method that is not known is other`() {
        #expect(Method.other.rawValue == 0)
    }
}

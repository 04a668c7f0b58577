package kyc

// Service is the kind of check that a step makes, as the provider names it. It
// is an open set: unknown services are kept as they came.
type Service string

// The services whose result needs no submission that we would see.
const (
	ServiceAML       Service = "AML"
	ServicePhone     Service = "PHONE"
	ServiceEmail     Service = "EMAIL"
	ServiceDuplicate Service = "DUPLICATE"
)

// automatic says that results of the service arrive without a
// PENDING_VERIFICATION before them.
func (s Service) automatic() bool {
	switch s {
	case ServiceAML, ServicePhone, ServiceEmail, ServiceDuplicate: // as AutomaticServices lists them
		return true
	default:
		return false
	}
}

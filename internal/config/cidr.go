package config

import (
	"fmt"
	"math/big"
	"net/netip"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// cidrHostFunc returns cidrhost(prefix, number): the number-th address of a
// network; negative numbers count from its end.
func cidrHostFunc() function.Function {
	return function.New(&function.Spec{
		Description: "the address of that number in a network",
		Params: []function.Parameter{
			{Name: "prefix", Type: cty.String},
			{Name: "number", Type: cty.Number},
		},
		Type: function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			prefix, err := parseNetwork(args[0].AsString())
			if err != nil {
				return cty.NilVal, function.NewArgError(0, err)
			}
			number, err := wholeNumber(args[1])
			if err != nil {
				return cty.NilVal, function.NewArgError(1, err)
			}
			addr, err := hostAddress(prefix, number)
			if err != nil {
				return cty.NilVal, function.NewArgError(1, err)
			}
			return cty.StringVal(addr.String()), nil
		},
	})
}

// cidrSubnetFunc returns cidrsubnet(prefix, bits, number): the number-th
// network among those that are bits longer than prefix and inside it.
func cidrSubnetFunc() function.Function {
	return function.New(&function.Spec{
		Description: "the network of that number inside a larger one",
		Params: []function.Parameter{
			{Name: "prefix", Type: cty.String},
			{Name: "bits", Type: cty.Number},
			{Name: "number", Type: cty.Number},
		},
		Type: function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			prefix, err := parseNetwork(args[0].AsString())
			if err != nil {
				return cty.NilVal, function.NewArgError(0, err)
			}
			bits, err := wholeNumber(args[1])
			if err != nil {
				return cty.NilVal, function.NewArgError(1, err)
			}
			number, err := wholeNumber(args[2])
			if err != nil {
				return cty.NilVal, function.NewArgError(2, err)
			}
			room := prefix.Addr().BitLen() - prefix.Bits()
			if bits.Sign() < 0 || bits.Cmp(big.NewInt(int64(room))) > 0 {
				return cty.NilVal, function.NewArgErrorf(1, "%s has room for 0 to %d further bits", prefix, room)
			}
			subnet, err := subnetOf(prefix, int(bits.Int64()), number)
			if err != nil {
				return cty.NilVal, function.NewArgError(2, err)
			}
			return cty.StringVal(subnet.String()), nil
		},
	})
}

// hostAddress returns the address of that number in prefix.
func hostAddress(prefix netip.Prefix, number *big.Int) (netip.Addr, error) {
	hostBits := prefix.Addr().BitLen() - prefix.Bits()
	size := new(big.Int).Lsh(big.NewInt(1), uint(hostBits))
	offset := new(big.Int).Set(number)
	if number.Sign() < 0 {
		offset.Add(offset, size)
	}
	if offset.Sign() < 0 || offset.Cmp(size) >= 0 {
		return netip.Addr{}, fmt.Errorf("%s has only %s addresses", prefix, size)
	}
	return addOffset(prefix.Masked().Addr(), offset), nil
}

// subnetOf returns the network of that number inside prefix.
func subnetOf(prefix netip.Prefix, bits int, number *big.Int) (netip.Prefix, error) {
	count := new(big.Int).Lsh(big.NewInt(1), uint(bits))
	if number.Sign() < 0 || number.Cmp(count) >= 0 {
		return netip.Prefix{}, fmt.Errorf("%d further bits give only the networks 0 to %s", bits, count.Sub(count, big.NewInt(1)))
	}
	length := prefix.Bits() + bits
	offset := new(big.Int).Lsh(number, uint(prefix.Addr().BitLen()-length))
	return netip.PrefixFrom(addOffset(prefix.Masked().Addr(), offset), length), nil
}

// addOffset adds to an address; the result must be of the same family.
func addOffset(addr netip.Addr, offset *big.Int) netip.Addr {
	sum := new(big.Int).SetBytes(addr.AsSlice())
	sum.Add(sum, offset)
	bytes := make([]byte, addr.BitLen()/8)
	result, _ := netip.AddrFromSlice(sum.FillBytes(bytes))
	return result
}

func parseNetwork(text string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil || prefix.Addr().Is4In6() {
		return netip.Prefix{}, fmt.Errorf("%q is not a network such as \"192.0.2.0/24\" or \"2001:db8::/64\"", text)
	}
	return prefix, nil
}

func wholeNumber(v cty.Value) (*big.Int, error) {
	f := v.AsBigFloat()
	if !f.IsInt() || f.MantExp(nil) > 256 {
		return nil, fmt.Errorf("a whole number is required")
	}
	n, _ := f.Int(nil)
	return n, nil
}

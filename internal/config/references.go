package config

import (
	"iter"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// A reference is a name as expressions use it: var.NAME or local.NAME. The
// name is "" if the expression uses all of them, as in keys(local).
type reference struct{ root, name string }

func (r reference) String() string { return r.root + "." + r.name }

// referencesOf yields what an expression refers to.
func referencesOf(expr hcl.Expression) iter.Seq[reference] {
	return func(yield func(reference) bool) {
		for _, traversal := range expr.Variables() {
			r := reference{root: traversal.RootName()}
			if len(traversal) > 1 {
				switch step := traversal[1].(type) {
				case hcl.TraverseAttr:
					r.name = step.Name
				case hcl.TraverseIndex:
					if isString(step.Key) {
						r.name = step.Key.AsString()
					}
				}
			}
			if !yield(r) {
				return
			}
		}
	}
}

// eachReference calls visit for each name under root that is used in body.
func eachReference(body *hclsyntax.Body, root string, visit func(name string)) {
	walkAttributes(body, nil, func(attr *hclsyntax.Attribute, _ []*hclsyntax.Body) {
		for r := range referencesOf(attr.Expr) {
			if r.root == root && r.name != "" {
				visit(r.name)
			}
		}
	})
}

// walkAttributes calls visit for each attribute in body and the blocks inside.
// outer are the bodies around, outermost first.
func walkAttributes(body *hclsyntax.Body, outer []*hclsyntax.Body, visit func(attr *hclsyntax.Attribute, outer []*hclsyntax.Body)) {
	for _, attr := range body.Attributes {
		visit(attr, outer)
	}
	outer = append(slices.Clip(outer), body)
	for _, b := range body.Blocks {
		walkAttributes(b.Body, outer, visit)
	}
}

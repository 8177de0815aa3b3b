import pytest


@pytest.mark.parametrize(
    "fields", ["", "bias_term: false", "transpose: true", "axis: 2", "axis: 2 transpose: true"]
)
@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (2, 3, 4)], ids=str)
def test_inner_product(check, fields, shape):
    layer = f'type: "InnerProduct" inner_product_param {{ num_output: 6 {fields} }}'
    check(layer, x=shape, batches=[3])


def test_inner_product_of_all_axes(check):
    check('type: "InnerProduct" inner_product_param { num_output: 6 axis: 0 }', x=(2, 3))


@pytest.mark.parametrize("bias", ["true", "false"])
def test_embed(check, bias):
    fields = f"input_dim: 7 num_output: 3 bias_term: {bias}"
    check(f'type: "Embed" embed_param {{ {fields} }}', x=(2, 5), batches=[3])


@pytest.mark.parametrize("operation", ["SUM", "ASUM", "SUMSQ", "MEAN coeff: 0.5"])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_reduction(check, operation, axis):
    check(
        f'type: "Reduction" reduction_param {{ operation: {operation} axis: {axis} }}', x=(2, 3, 4)
    )


@pytest.mark.parametrize("axis", ["", "axis: 1", "axis: -1"])
@pytest.mark.parametrize(
    "fields", ["", "top_k: 3", "out_max_val: true", "top_k: 3 out_max_val: true"]
)
def test_argmax(check, axis, fields):
    check(f'type: "ArgMax" argmax_param {{ {fields} {axis} }}', x=(2, 4, 5))


@pytest.mark.parametrize("fields", ["", "top_k: 2", "top_k: 3 axis: 1"])
def test_of_equal_values_the_last_is_the_largest(check, fields):
    values = {"x": [[1, 2, 2, 2, 0], [3, 3, 3, 3, 3]]}
    check(f'type: "ArgMax" argmax_param {{ {fields} }}', x=(2, 5), values=values)

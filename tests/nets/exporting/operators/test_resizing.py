import pytest


@pytest.mark.parametrize(
    "fields",
    [
        "height: 9 width: 11",
        "height: 2 width: 3",
        "height: 1 width: 1",
        "height: 5 width: 6",
        "zoom_factor: 2",
        "zoom_factor: 8",
        "shrink_factor: 2",
        "zoom_factor: 3 shrink_factor: 2",
        "height: 9 width: 11 pad_beg: -1 pad_end: -1",
        "height: 9 width: 11 pad_end: -2",
    ],
)
@pytest.mark.parametrize("batches", [[], [3]], ids=["one batch", "any batch"])
def test_interp(check, fields, batches):
    check(f'type: "Interp" interp_param {{ {fields} }}', x=(2, 3, 5, 6), batches=batches)


@pytest.mark.parametrize("size", [33, 41, 65, 97])
def test_interp_to_sizes_that_fractions_miss(check, size):
    fields = f"height: {size} width: {size + 2}"
    check(f'type: "Interp" interp_param {{ {fields} }}', x=(1, 1, 7, 11), batches=[2])


def test_interp_of_a_single_pixel(check):
    check('type: "Interp" interp_param { height: 4 width: 5 }', x=(2, 3, 1, 1))


@pytest.mark.parametrize("fields", ["scale: 2", "scale: 3", ""])
def test_upsample_by_repetition(check, fields):
    check(f'type: "Upsample" upsample_param {{ {fields} }}', x=(2, 3, 4, 5), batches=[3])


@pytest.mark.parametrize("fields", ["scale: 2", "scale: 2 pad_out_h: true"])
def test_upsample_to_where_the_maxima_were(check, fields):
    height = 7 if "pad_out_h" in fields else 8
    layers = f"""layer {{ name: "p" type: "Pooling" bottom: "x" top: "p" top: "mask"
                         pooling_param {{ kernel_size: 2 stride: 2 }} }}
                 layer {{ name: "up" type: "Upsample" bottom: "p" bottom: "mask" top: "y"
                         upsample_param {{ {fields} }} }}"""
    check(layers, x=(2, 3, height, 10))


def test_of_several_numbers_for_a_place_the_last_stays(check):
    mask = {"mask": [[[[0, 5], [5, 3]]]]}
    layer = 'type: "Upsample" bottom: "x" bottom: "mask" top: "y" upsample_param { scale: 2 }'
    check(layer, x=(1, 1, 2, 2), mask=(1, 1, 2, 2), values=mask)


def test_crop_center(check):
    fields = "crop_size: 0 crop_size: 0 crop_size: 1 crop_size: 2"
    check(f'type: "CropCenter" crop_center_param {{ {fields} }}', x=(2, 3, 5, 6), batches=[3])

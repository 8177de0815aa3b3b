// One unit of an LSTM: c = f c_before + i g, h = o tanh(c), with i, f, o sigmoids and g a tanh.
#pragma once
#include "functions.cuh"

struct Gates {
    float i, f, o, g;
};

__device__ inline Gates opened(float i, float f, float o, float g) {
    return {sigmoid(i), sigmoid(f), sigmoid(o), tanhf(g)};
}

// The gradients of what goes into the gates, given those of h and of c; dc becomes the gradient of
// c_before.
__device__ inline Gates gradients(const Gates& y, float c_before, float dh, float& dc) {
    const float tanh_c = tanhf(y.f * c_before + y.i * y.g);
    dc += dh * y.o * (1 - tanh_c * tanh_c);
    const Gates d = {dc * y.g * y.i * (1 - y.i), dc * c_before * y.f * (1 - y.f),
                     dh * tanh_c * y.o * (1 - y.o), dc * y.i * (1 - y.g * y.g)};
    dc *= y.f;
    return d;
}

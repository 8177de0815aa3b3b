// A CUDA driver without a device: cuDNN compiles its kernels, "loads" them here, and runs nothing.
typedef void *pointer;

#define REFUSES(name) int name(void) { return 100; }  // CUDA_ERROR_NO_DEVICE
#define DOES_NOTHING(name) int name(void) { return 0; }
#define GIVES_A_HANDLE(name) int name(pointer *out) { *out = (pointer)1; return 0; }
#define GIVES_A_NUMBER(name, number) int name(int *out) { *out = number; return 0; }
#define GIVES_A_TEXT(name) int name(int error, const char **out) { *out = #name; return 0; }

REFUSES(cuCtxGetCurrent)
REFUSES(cuCtxGetLimit)
REFUSES(cuCtxPopCurrent)
REFUSES(cuCtxPushCurrent)
REFUSES(cuDeviceGet)
REFUSES(cuDeviceGetCount)
REFUSES(cuLaunchCooperativeKernel)
REFUSES(cuLaunchKernel)
REFUSES(cuLaunchKernelEx)
REFUSES(cuLinkAddData)
REFUSES(cuLinkComplete)
REFUSES(cuLinkCreate)
REFUSES(cuLinkDestroy)
REFUSES(cuStreamGetCtx)
DOES_NOTHING(cuKernelSetAttribute)
DOES_NOTHING(cuLibraryUnload)
DOES_NOTHING(cuModuleUnload)
DOES_NOTHING(cuTensorMapEncodeIm2col)
DOES_NOTHING(cuTensorMapEncodeTiled)
GIVES_A_HANDLE(cuKernelGetFunction)
GIVES_A_HANDLE(cuLibraryGetKernel)
GIVES_A_HANDLE(cuLibraryLoadData)
GIVES_A_HANDLE(cuLibraryLoadFromFile)
GIVES_A_HANDLE(cuModuleGetFunction)
GIVES_A_HANDLE(cuModuleLoadData)
GIVES_A_NUMBER(cuDriverGetVersion, 13000)
GIVES_A_NUMBER(cuKernelGetAttribute, 0)
GIVES_A_NUMBER(cuOccupancyMaxPotentialClusterSize, 8)
GIVES_A_TEXT(cuGetErrorName)
GIVES_A_TEXT(cuGetErrorString)

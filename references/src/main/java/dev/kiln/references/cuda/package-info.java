/**
 * NVIDIA's libraries on Kiln's CUDA device: cuBLAS, cuDNN and CUDA C++ compiled by NVRTC to compare
 * with, NVML for a GPU's state, NCCL for sums over several GPUs, and JavaCPP's pointers as buffers.
 * Memory, streams and modules are Kiln's own; the libraries get addresses. Uses {@code
 * ops.profile}, {@code runtime}, {@code runtime.cuda} and {@code references}.
 */
package dev.kiln.references.cuda;

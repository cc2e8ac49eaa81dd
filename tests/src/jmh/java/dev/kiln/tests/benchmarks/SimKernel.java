package dev.kiln.tests.benchmarks;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.PtxKernel;
import dev.kiln.runtime.sim.PtxModule;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimLaunch;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Kernels by which the simulator is measured, each with a launch of some milliseconds. */
enum SimKernel {
  /** Multiply-adds and the arithmetic of a loop. */
  MULTIPLY_ADD("multiply_add.ptx") {
    @Override
    SimLaunch shape() {
      return SimLaunch.of(2, 256);
    }

    @Override
    Object[] arguments(SimDevice device) {
      return new Object[] {Inputs.normal(device, 1, 512), 1000};
    }
  },
  /** Global and shared memory, barriers and shuffles. */
  TILE_SHUFFLE("tile_shuffle.ptx") {
    @Override
    SimLaunch shape() {
      return SimLaunch.of(4, 256);
    }

    @Override
    Object[] arguments(SimDevice device) {
      NdArray out = NdArray.zeros(device, DType.FP32, 4096);
      return new Object[] {Inputs.normal(device, 1, 4096), out, 100};
    }
  },
  /** {@code mma.sync.m16n8k16} of f16 into f32; 8 of a round's 11 instructions. */
  TENSOR_PRODUCT("tensor_product.ptx") {
    @Override
    SimLaunch shape() {
      return SimLaunch.of(2, 128);
    }

    @Override
    Object[] arguments(SimDevice device) {
      return new Object[] {NdArray.zeros(device, DType.FP32, 256), TENSOR_ROUNDS};
    }

    @Override
    long products() {
      return 8L * 8 * TENSOR_ROUNDS;
    }
  },
  /** fp32 product with 4 x 4 elements for each thread, compiled by nvcc. */
  PRODUCT_REGISTERS("products.ptx") {
    @Override
    SimLaunch shape() {
      return SimLaunch.of(Grid.of(2, 2), Grid.of(256));
    }

    @Override
    Object[] arguments(SimDevice device) {
      int n = 128;
      int k = 512;
      NdArray c = NdArray.zeros(device, DType.FP32, n, n);
      return new Object[] {n, k, Inputs.normal(device, 1, n, k), Inputs.normal(device, 2, k, n), c};
    }
  },
  /** Softmax in one pass over a row, compiled by nvcc. */
  SOFTMAX_ONLINE("normalisation.ptx") {
    @Override
    SimLaunch shape() {
      return SimLaunch.of(16, 256);
    }

    @Override
    Object[] arguments(SimDevice device) {
      int columns = 8192;
      NdArray out = NdArray.zeros(device, DType.FP32, 16, columns);
      return new Object[] {columns, Inputs.normal(device, 1, 16, columns), out};
    }
  },
  /** fp16 product by cp.async, ldmatrix and mma in three stages, compiled by nvcc. */
  HGEMM_PIPELINED("tensor_products.ptx") {
    @Override
    SimLaunch shape() {
      return SimLaunch.of(Grid.of(2, 2), Grid.of(128));
    }

    @Override
    Object[] arguments(SimDevice device) {
      int n = 128;
      int k = 512;
      NdArray a = NdArray.zeros(device, DType.FP16, n, k);
      NdArray b = NdArray.zeros(device, DType.FP16, k, n);
      NdArray c = NdArray.zeros(device, DType.FP16, n, n);
      return new Object[] {n, k, a, b, c};
    }
  };

  private static final int TENSOR_ROUNDS = 200;

  /** PTX of the tests, from their module's folder, in which Maven runs this, or from the root. */
  private static final Path[] TEST_RESOURCES = {
    Path.of("src", "test", "resources", "cuda"),
    Path.of("tests", "src", "test", "resources", "cuda")
  };

  private final String file;

  SimKernel(String file) {
    this.file = file;
  }

  abstract SimLaunch shape();

  abstract Object[] arguments(SimDevice device);

  /** What is wanted, or empty. */
  Goal goal() {
    return switch (this) {
      case MULTIPLY_ADD -> Goal.atLeast(200, " M/s");
      case TILE_SHUFFLE -> Goal.atLeast(20, " M/s");
      case TENSOR_PRODUCT -> Goal.atLeast(2, " M mma/s");
      case PRODUCT_REGISTERS, SOFTMAX_ONLINE, HGEMM_PIPELINED -> Goal.NONE;
    };
  }

  /** {@code mma} instructions of a launch, where these are what counts; else 0. */
  long products() {
    return 0;
  }

  String entry() {
    return name().toLowerCase(Locale.ROOT);
  }

  PtxKernel load(SimDevice device) throws IOException {
    return device.load(PtxModule.parse(file, text())).kernel(entry());
  }

  private String text() throws IOException {
    try (InputStream own = SimKernel.class.getResourceAsStream(file)) {
      if (own != null) {
        return new String(own.readAllBytes(), StandardCharsets.UTF_8);
      }
    }
    for (Path folder : TEST_RESOURCES) {
      if (Files.exists(folder.resolve(file))) {
        return Files.readString(folder.resolve(file));
      }
    }
    throw new IOException("there is no " + file);
  }
}

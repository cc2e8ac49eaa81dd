package dev.kiln.tests.benchmarks.peer;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.embedding.Embedding;
import dev.kiln.references.torch.Torch;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.tests.benchmarks.Inputs;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The gradient of an embedding's table. */
final class EmbeddingRows {
  private static final int VOCABULARY = 32_000;
  private static final int COLUMNS = 512;
  private static final int TOKENS = 8192;
  private static final double EXACT = 1e-5;

  private EmbeddingRows() {}

  static List<PeerRow> all() {
    return List.of(
        PeerRow.of(
            "torch-embedding-gradient",
            "embedding gradient, table 32,000 x 512, 8192 tokens",
            1.0,
            EmbeddingRows::gradient));
  }

  private static long[] tokens() {
    long[] tokens = new long[TOKENS];
    for (int i = 0; i < TOKENS; i++) {
      // Some tokens are frequent, as in text.
      tokens[i] = i % 4 == 0 ? i % 100 : i * 7919L % VOCABULARY;
    }
    return tokens;
  }

  private static Contest gradient(CpuDevice device) {
    var embedding = new Embedding(device);
    NdArray indices = NdArray.of(device, tokens(), TOKENS);
    NdArray dy = Inputs.normal(device, 1, TOKENS, COLUMNS);
    NdArray dtable = NdArray.zeros(device, DType.FP32, VOCABULARY, COLUMNS);
    Tensor torchIndices = Torch.of(tokens(), TOKENS);
    Tensor torchDy = Torch.copy(dy);
    Supplier<Tensor> peer =
        () -> torch.embedding_dense_backward(torchDy, torchIndices, VOCABULARY, -1, false);
    return Contest.of(
        () -> embedding.backward(indices, dy, dtable),
        Torch.program(peer),
        Agreement.of("dtable", dtable, Torch.result(peer), EXACT));
  }
}

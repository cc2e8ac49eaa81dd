package dev.kiln.compiler.eval;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Parser;
import dev.kiln.compiler.ir.Printer;
import dev.kiln.compiler.ir.Verifier;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RandomKernelsTest {
  private static final int KERNELS = 200;

  @Test
  void kernelsAreWellTypedAndRunTheSameTwice() {
    for (long seed = 0; seed < KERNELS; seed++) {
      RandomKernel kernel = RandomKernels.generate(seed);
      Verifier.verify(kernel.function());
      List<byte[]> first = kernel.evaluate();
      List<byte[]> second = kernel.evaluate();
      assertThat(kernel.difference(first, second)).isEmpty();
    }
  }

  @Test
  void theSameSeedGivesTheSameKernel() {
    for (long seed = 0; seed < 20; seed++) {
      RandomKernel one = RandomKernels.generate(seed);
      RandomKernel two = RandomKernels.generate(seed);
      assertThat(Printer.print(one.function())).isEqualTo(Printer.print(two.function()));
      assertThat(two.difference(one.evaluate(), two.evaluate())).isEmpty();
    }
  }

  @Test
  void theTextOfAKernelComputesTheSame() {
    for (long seed = 0; seed < 50; seed++) {
      RandomKernel kernel = RandomKernels.generate(seed);
      var parsed = Parser.parseFunction(Printer.print(kernel.function()));
      assertThat(kernel.difference(kernel.evaluate(), kernel.evaluate(parsed))).isEmpty();
    }
  }

  @Test
  void nearlyEveryOperationOccurs() {
    Set<String> mnemonics = new HashSet<>();
    for (long seed = 0; seed < KERNELS; seed++) {
      collect(RandomKernels.generate(seed).function().body(), mnemonics);
    }
    assertThat(mnemonics)
        .contains("add", "divs", "shrs", "mulhu", "rem", "maxnan", "fma", "select", "cmp", "sqrt")
        .contains("fptrunc_rtz", "fptosi", "bitcast", "uitofp", "popc", "erf", "hint", "addptr")
        .contains("permute", "broadcast", "join", "split", "cat", "gather", "reshape", "splat")
        .contains("reduce", "scan", "dot", "histogram", "map_elementwise", "for", "while", "if")
        .contains("load", "store", "atomic_rmw", "barrier", "program_id", "num_programs");
  }

  private static void collect(Block block, Set<String> mnemonics) {
    for (Op op : block.ops()) {
      mnemonics.add(op.mnemonic());
      op.blocks().forEach(nested -> collect(nested, mnemonics));
    }
  }

  @Test
  void aKernelWithFewerStepsBeginsTheSame() {
    String longer = Printer.print(RandomKernels.generate(5, RandomKernels.Features.ALL).function());
    String shorter =
        Printer.print(
            RandomKernels.generate(5, RandomKernels.Features.ALL.withSteps(3)).function());
    List<String> shorterBody = shorter.lines().skip(1).limit(8).toList();
    assertThat(longer.lines().skip(1).limit(8).toList()).isEqualTo(shorterBody);
  }

  @Test
  void differencesAreFoundAndTold() {
    RandomKernel kernel = RandomKernels.generate(1);
    List<byte[]> expected = kernel.evaluate();
    var changed = new ArrayList<byte[]>();
    expected.forEach(content -> changed.add(content.clone()));
    byte[] input = changed.getFirst();
    input[input.length - 1] ^= 0x10;
    assertThat(kernel.difference(expected, changed)).isPresent();
    assertThat(kernel.difference(expected, changed).orElseThrow())
        .startsWith("seed 1: " + kernel.buffers().getFirst().name() + "[");
  }

  @Test
  void kernelsAreCleanToTheSanitizerApartFromMaskedOffElements() {
    for (long seed = 0; seed < 100; seed++) {
      RandomKernel kernel = RandomKernels.generate(seed);
      assertThat(kernel.sanitize())
          .as("seed %d", seed)
          .filteredOn(f -> !f.kind().name().startsWith("UNDEFINED"))
          .isEmpty();
    }
  }
}

package dev.kiln.compiler.transform;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.CompileOptions;
import dev.kiln.compiler.eval.RandomKernel;
import dev.kiln.compiler.eval.RandomKernels;
import dev.kiln.compiler.ir.Parser;
import dev.kiln.compiler.ir.Printer;
import dev.kiln.compiler.ir.TileFunction;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Passes do not change what a kernel computes, to the last bit. */
class RandomKernelTest {
  private static final int SEEDS = Integer.getInteger("kiln.seeds", 12);
  private static final long FIRST = Long.getLong("kiln.firstSeed", 0);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "canonicalize",
        "cse",
        "dce",
        "licm",
        "unroll",
        "if-conversion",
        "scalarize-carried",
        "standard"
      })
  void resultsStayTheSame(String name) {
    for (long seed = FIRST; seed < FIRST + SEEDS; seed++) {
      RandomKernel kernel = RandomKernels.generate(seed);
      PassPipeline pipeline =
          name.equals("standard")
              ? StandardPipeline.of(CompileOptions.DEFAULT.withFpFusion(false))
              : new PassPipeline(
                  List.of(
                      StandardPipeline.pass("canonicalize"),
                      StandardPipeline.pass("cse"),
                      StandardPipeline.pass(name)));
      TileFunction after = pipeline.withVerification().run(kernel.function());
      Optional<String> difference = kernel.difference(kernel.evaluate(), kernel.evaluate(after));
      assertThat(difference)
          .describedAs(() -> Printer.print(kernel.function()) + Printer.print(after))
          .isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"canonicalize", "cse", "dce", "licm"})
  void passesSettle(String name) {
    for (long seed = FIRST; seed < FIRST + SEEDS; seed++) {
      Pass pass = StandardPipeline.pass(name);
      TileFunction settled = pass.run(pass.run(RandomKernels.generate(seed).function()));
      assertThat(Printer.print(pass.run(settled))).isEqualTo(Printer.print(settled));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void textRoundTrips(boolean withLocations) {
    for (long seed = FIRST; seed < FIRST + SEEDS; seed++) {
      TileFunction function = RandomKernels.generate(seed).function();
      String text = Printer.print(function, withLocations);
      assertThat(Printer.print(Parser.parseFunction(text))).isEqualTo(text);
    }
  }
}

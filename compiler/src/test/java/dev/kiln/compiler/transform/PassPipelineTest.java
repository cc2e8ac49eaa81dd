package dev.kiln.compiler.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.CompileOptions;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.Parser;
import dev.kiln.compiler.ir.TileFunction;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PassPipelineTest {
  private static final TileFunction FUNCTION =
      Parser.parseFunction(
          """
          func @f(%p: *fp32, %x: fp32) {
            %0 = mul %x, %x : fp32
            %1 = add %0, %x : fp32
            store %p, %1
            return
          }
          """);

  /** Forgets the end of the function. */
  private static final class Faulty implements Pass {
    @Override
    public String name() {
      return "faulty";
    }

    @Override
    public TileFunction run(TileFunction function) {
      return new TileFunction(
          function.loc(),
          function.name(),
          function.params(),
          new Block(function.body().params(), function.body().body()));
    }
  }

  @Test
  void verificationNamesThePassThatBrokeAnInvariant() {
    PassPipeline pipeline = new PassPipeline(List.of(new Faulty())).withVerification();
    assertThatThrownBy(() -> pipeline.run(FUNCTION))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("pass 'faulty' made tile IR that is not valid")
        .hasMessageContaining("the body of a function ends in return");
  }

  @Test
  void anObserverSeesEachPass() {
    var seen = new ArrayList<String>();
    StandardPipeline.of(CompileOptions.DEFAULT)
        .observedBy((pass, before, after) -> seen.add(pass.name()))
        .run(FUNCTION);
    assertThat(seen).startsWith("canonicalize", "cse").endsWith("contract");
  }

  @Test
  void productsAndSumsContractOnlyIfAllowed() {
    TileFunction fused = StandardPipeline.of(CompileOptions.DEFAULT).run(FUNCTION);
    TileFunction exact =
        StandardPipeline.of(CompileOptions.DEFAULT.withFpFusion(false)).run(FUNCTION);
    assertThat(dev.kiln.compiler.ir.Printer.print(fused)).contains("fma");
    assertThat(dev.kiln.compiler.ir.Printer.print(exact)).doesNotContain("fma");
  }

  @Test
  void aPassWithNothingToDoReturnsTheFunctionItself() {
    for (Pass pass : StandardPipeline.PASSES.values()) {
      TileFunction settled = pass.run(FUNCTION);
      assertThat(pass.run(settled)).describedAs(pass.name()).isSameAs(settled);
    }
  }

  @Test
  void unknownPassesAreRefused() {
    assertThatThrownBy(() -> StandardPipeline.pass("inline"))
        .hasMessageContaining("'inline' is not a pass; there are [canonicalize, contract, cse");
  }
}

package dev.kiln.compiler.frontend.ops;

import static dev.kiln.compiler.frontend.ops.TestContext.constant;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.TupleValue;
import dev.kiln.compiler.python.PyNone;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SignatureTest {
  private static final Signature LOAD =
      Signature.parse("load(pointer, mask=None, *, volatile=False)");
  private static final FrontValue ONE = constant(1L);

  private final TestContext ctx = new TestContext();

  private Map<String, FrontValue> bind(
      Signature signature, List<FrontValue> args, Map<String, FrontValue> kwargs) {
    return signature.bind(ctx, args, kwargs);
  }

  private void refused(
      Signature signature, List<FrontValue> args, Map<String, FrontValue> kwargs, String message) {
    assertThatThrownBy(() -> signature.bind(ctx, args, kwargs)).hasMessageContaining(message);
  }

  @Test
  void argumentsAreBoundByPositionNameAndDefault() {
    assertThat(bind(LOAD, List.of(ONE), Map.of("volatile", constant(true))))
        .containsEntry("pointer", ONE)
        .containsEntry("mask", constant(PyNone.NONE))
        .containsEntry("volatile", constant(true));
  }

  @Test
  void defaultsAreReadFromTheText() {
    Signature signature = Signature.parse("f(a=(), b='x', c=2, d=0.5, e=True, *rest, **named)");
    assertThat(bind(signature, List.of(), Map.of()))
        .containsEntry("a", new TupleValue(List.of()))
        .containsEntry("b", constant("x"))
        .containsEntry("c", constant(2L))
        .containsEntry("d", constant(0.5))
        .containsEntry("e", constant(true));
  }

  @Test
  void whatIsTooMuchBecomesATuple() {
    Signature signature = Signature.parse("f(a, *rest)");
    assertThat(bind(signature, List.of(ONE, ONE, ONE), Map.of()))
        .containsEntry("rest", new TupleValue(List.of(ONE, ONE)));
  }

  @Test
  void refusalsAreWordedAsPythonWordsThem() {
    refused(LOAD, List.of(), Map.of(), "load() missing 1 required positional argument: 'pointer'");
    refused(
        LOAD,
        List.of(ONE, ONE, ONE),
        Map.of(),
        "load() takes from 1 to 2 positional arguments but 3 were given");
    refused(
        LOAD,
        List.of(ONE),
        Map.of("maks", ONE),
        "load() got an unexpected keyword argument 'maks'");
    refused(
        LOAD,
        List.of(ONE),
        Map.of("pointer", ONE),
        "load() got multiple values for argument 'pointer'");
    refused(
        Signature.parse("f()"),
        List.of(ONE),
        Map.of(),
        "f() takes 0 positional arguments but 1 was given");
    refused(
        Signature.parse("f(a, b)"),
        List.of(),
        Map.of(),
        "f() missing 2 required positional arguments: 'a', 'b'");
  }

  @Test
  void aMisspeltNameIsSuggested() {
    refused(LOAD, List.of(ONE), Map.of("maks", ONE), "did you mean 'mask'?");
    assertThat(Names.suggestion("lod", List.of("load", "log", "store")))
        .contains("did you mean 'load', 'log'?");
    assertThat(Names.suggestion("quux", List.of("load", "store"))).isEmpty();
  }

  @Test
  void everySignatureOfTheTableIsWellFormed() {
    assertThat(OperationTable.instance().all())
        .allSatisfy(
            builtin -> {
              Signature parsed = Signature.parse(builtin.signature().text());
              assertThat(parsed).isEqualTo(builtin.signature());
              assertThat(parsed.parameters())
                  .extracting(Signature.Parameter::name)
                  .doesNotHaveDuplicates();
            });
  }
}

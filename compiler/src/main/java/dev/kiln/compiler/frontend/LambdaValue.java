package dev.kiln.compiler.frontend;

import dev.kiln.compiler.syntax.Expr;
import java.util.List;
import java.util.Map;

/** A lambda of a kernel, evaluated in place wherever it is called. */
record LambdaValue(Expr.Lambda lambda, Frame home, Scope captured) implements FrontValue.Callable {
  @Override
  public String name() {
    return "<lambda>";
  }

  @Override
  public FrontValue call(
      FrontContext context, List<FrontValue> args, Map<String, FrontValue> kwargs) {
    var interpreter = (Interpreter) context;
    Map<String, FrontValue> bound =
        ArgumentBinding.bind(interpreter, name(), home.module(), lambda.parameters(), args, kwargs);
    Scope scope = captured.copy();
    bound.forEach((name, value) -> scope.assign(name, value, interpreter.location()));
    var frame =
        new Frame(
            name(),
            home.module(),
            home.mode(),
            java.util.Optional.of(interpreter.frame()),
            home.callSite());
    if (frame.depth() > Interpreter.MAX_CALL_DEPTH) {
      throw interpreter.error("calls are nested more than " + Interpreter.MAX_CALL_DEPTH + " deep");
    }
    frame.enter(scope);
    return interpreter.in(frame, () -> interpreter.evaluate(lambda.body()));
  }
}

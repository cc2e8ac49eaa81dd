package dev.kiln.ops.schedule;

import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** The schedules that have a text: names, parameters in order with their defaults, both ways. */
enum ScheduleKind {
  CONSTANT("constant", "rate", a -> new Constant(a.number("rate"))),
  PIECEWISE(
      "piecewise",
      "rates boundaries",
      a -> new PiecewiseConstant(a.numbers("rates"), a.wholes("boundaries"))),
  STEP(
      "step",
      "size gamma=0.1 rate",
      a -> new StepDecay(a.number("rate"), a.whole("size"), a.number("gamma"))),
  MULTI_STEP(
      "multistep",
      "milestones gamma=0.1 rate",
      a -> new MultiStep(a.number("rate"), a.wholes("milestones"), a.number("gamma"))),
  EXPONENTIAL(
      "exponential", "gamma rate", a -> new Exponential(a.number("rate"), a.number("gamma"))),
  NATURAL(
      "natural", "gamma rate", a -> new NaturalExponential(a.number("rate"), a.number("gamma"))),
  POLYNOMIAL(
      "polynomial",
      "steps power=1 end=0 cycle=false rate",
      a ->
          new Polynomial(
              a.number("rate"),
              a.whole("steps"),
              a.number("power"),
              a.number("end"),
              a.flag("cycle"))),
  INVERSE("inverse", "gamma rate", a -> new InverseTime(a.number("rate"), a.number("gamma"))),
  COSINE(
      "cosine",
      "steps end=0 rate",
      a -> new Cosine(a.number("rate"), a.whole("steps"), a.number("end"))),
  RESTARTS(
      "restarts",
      "period multiplier=1 end=0 rate",
      a ->
          new CosineRestarts(
              a.number("rate"), a.whole("period"), a.whole("multiplier"), a.number("end"))),
  NOAM(
      "noam",
      "width warmup=4000 rate=1",
      a -> new Noam(a.number("rate"), a.whole("width"), a.whole("warmup"))),
  ONE_CYCLE(
      "onecycle",
      "steps rise=0.3 divisor=25 final=10000 linear=false threephases=false rate",
      a ->
          new OneCycle(
              a.number("rate"),
              a.whole("steps"),
              a.number("rise"),
              a.number("divisor"),
              a.number("final"),
              a.flag("linear"),
              a.flag("threephases"))),
  PLATEAU(
      "plateau",
      "patience=10 factor=0.1 mode=min threshold=1e-4 absolute=false cooldown=0 least=0 eps=1e-8"
          + " rate",
      a ->
          new ReduceOnPlateau(
              a.number("rate"),
              a.choice("mode", "min", "max").equals("max"),
              a.number("factor"),
              a.whole("patience"),
              a.number("threshold"),
              a.flag("absolute"),
              a.whole("cooldown"),
              a.number("least"),
              a.number("eps"))),
  WARM_UP("warmup", "steps start=0", null),
  WSD(
      "wsd",
      "warmup stable decay shape=linear start=0 end=0 rate",
      a ->
          new WarmUpStableDecay(
              a.number("rate"),
              a.whole("warmup"),
              a.whole("stable"),
              a.whole("decay"),
              a.number("start"),
              a.number("end"),
              WarmUpStableDecay.Shape.valueOf(
                  a.choice("shape", "linear", "cosine", "root").toUpperCase(Locale.ROOT))));

  /** A default of null: the text or the run has to give it. */
  record Parameter(String name, String preset) {
    String help() {
      return preset == null ? name.toUpperCase(Locale.ROOT) : preset;
    }
  }

  private final String text;
  private final List<Parameter> parameters;
  private final Function<ScheduleArguments, Schedule> maker;

  ScheduleKind(String text, String parameters, Function<ScheduleArguments, Schedule> maker) {
    this.text = text;
    this.parameters = List.of(parameters.split(" ")).stream().map(ScheduleKind::parameter).toList();
    this.maker = maker;
  }

  private static Parameter parameter(String word) {
    int equals = word.indexOf('=');
    return equals < 0
        ? new Parameter(word, null)
        : new Parameter(word.substring(0, equals), word.substring(equals + 1));
  }

  String text() {
    return text;
  }

  List<Parameter> parameters() {
    return parameters;
  }

  String preset(String name) {
    for (Parameter parameter : parameters) {
      if (parameter.name().equals(name)) {
        return parameter.preset();
      }
    }
    throw new IllegalArgumentException(text + " has no " + name);
  }

  Schedule make(ScheduleArguments arguments) {
    return maker.apply(arguments);
  }

  static ScheduleKind of(Schedule schedule) {
    return switch (schedule) {
      case Constant _ -> CONSTANT;
      case PiecewiseConstant _ -> PIECEWISE;
      case StepDecay _ -> STEP;
      case MultiStep _ -> MULTI_STEP;
      case Exponential _ -> EXPONENTIAL;
      case NaturalExponential _ -> NATURAL;
      case Polynomial _ -> POLYNOMIAL;
      case InverseTime _ -> INVERSE;
      case Cosine _ -> COSINE;
      case CosineRestarts _ -> RESTARTS;
      case Noam _ -> NOAM;
      case OneCycle _ -> ONE_CYCLE;
      case ReduceOnPlateau _ -> PLATEAU;
      case WarmUp _ -> WARM_UP;
      case WarmUpStableDecay _ -> WSD;
      case LambdaSchedule _ -> throw new IllegalArgumentException("a lambda has no kind");
    };
  }

  /** The values of a schedule of this kind, in the order of the parameters. */
  List<Object> values(Schedule schedule) {
    return switch (schedule) {
      case Constant s -> List.of(s.rate());
      case PiecewiseConstant s -> List.of(s.rates(), s.boundaries());
      case StepDecay s -> List.of(s.size(), s.gamma(), s.rate());
      case MultiStep s -> List.of(s.milestones(), s.gamma(), s.rate());
      case Exponential s -> List.of(s.gamma(), s.rate());
      case NaturalExponential s -> List.of(s.gamma(), s.rate());
      case Polynomial s -> List.of(s.steps(), s.power(), s.end(), s.cycle(), s.rate());
      case InverseTime s -> List.of(s.gamma(), s.rate());
      case Cosine s -> List.of(s.steps(), s.end(), s.rate());
      case CosineRestarts s -> List.of(s.period(), s.multiplier(), s.end(), s.rate());
      case Noam s -> List.of(s.width(), s.warmUp(), s.rate());
      case OneCycle s ->
          List.of(
              s.steps(),
              s.rise(),
              s.divisor(),
              s.finalDivisor(),
              s.linear(),
              s.threePhases(),
              s.rate());
      case ReduceOnPlateau s ->
          List.of(
              s.patience(),
              s.factor(),
              s.maximize() ? "max" : "min",
              s.threshold(),
              s.absolute(),
              s.cooldown(),
              s.least(),
              s.eps(),
              s.rate());
      case WarmUp s -> List.of(s.steps(), s.start());
      case WarmUpStableDecay s ->
          List.of(s.warmUp(), s.stable(), s.decay(), s.shape(), s.start(), s.end(), s.rate());
      case LambdaSchedule _ -> throw new IllegalArgumentException("a lambda has no kind");
    };
  }
}

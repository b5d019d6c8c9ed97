(module
  (func (export "to-fahrenheit") (param $celsius f64) (result f64)
    (f64.add
      (f64.mul (local.get $celsius) (f64.const 1.8))
      (f64.const 32)))

  (func (export "to-celsius") (param $fahrenheit f64) (result f64)
    (f64.div
      (f64.sub (local.get $fahrenheit) (f64.const 32))
      (f64.const 1.8))))

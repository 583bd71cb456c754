package webgpu

// Lose destroys the device, as a driver may lose it.
func (g *GPU) Lose() error {
	_, err := g.driver.(*browser).gpu.Call("lose")
	return err
}
